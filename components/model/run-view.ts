/** What an element tells the components inside it. */
import type { PageModel, RunView } from '../shared/run-context';
import type { Session } from './session';

/** So that the same model gives the same function, and nobody draws anew for nothing. */
const texts = new WeakMap<PageModel, (id: number) => string>();

interface Ways {
  readonly load: () => void;
  readonly reload: () => void;
  readonly endOfText: () => Promise<readonly number[]>;
}

const ways = new WeakMap<Session, Ways>();

/** @param prompt as in the view */
export function runView(session: Session | null, prompt: RunView['prompt'], edits: readonly string[]): RunView {
  const shown = session?.shown ?? null;
  const model = session?.model ?? null;
  const own = session && model ? waysOf(session) : null;
  return {
    state: session?.state ?? 'idle',
    trace: shown?.trace ?? null,
    cost: shown?.cost ?? null,
    showing: shown?.trace.kind ?? null,
    edits,
    clean: shown?.clean ?? null,
    tracePrompt: typeof shown?.prompt === 'string' ? shown.prompt : null,
    prompt,
    promptError: session?.promptError ?? null,
    error: session?.error ?? null,
    contextLength: model?.config.n_ctx ?? null,
    tokenText: model?.tokenizer ? tokenText(model) : null,
    tokenizer: model?.tokenizer ?? null,
    endOfText: own?.endOfText ?? null,
    ask: shown?.ask ?? null,
    load: session?.offered ? waysOf(session).load : null,
    reload: own?.reload ?? null,
  };
}

function waysOf(session: Session): Ways {
  let own = ways.get(session);
  if (!own) {
    own = {
      load: () => session.load(),
      reload: () => session.reload(),
      endOfText: () => session.model!.endOfText(),
    };
    ways.set(session, own);
  }
  return own;
}

function tokenText(model: PageModel): (id: number) => string {
  let text = texts.get(model);
  if (!text) texts.set(model, (text = (id) => model.tokenizer?.token(id) ?? String(id)));
  return text;
}
