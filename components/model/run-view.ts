/** What an element tells the components inside it. */
import type { RunView } from '../shared/run-context';
import type { Session } from './session';

/** @param prompt as in the view */
export function runView(session: Session | null, prompt: RunView['prompt'], edits: readonly string[]): RunView {
  const shown = session?.shown ?? null;
  const model = session?.model ?? null;
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
    tokenText: model?.tokenizer ? session!.tokenText : null,
    tokenizer: model?.tokenizer ?? null,
    endOfText: model && session!.endOfText,
    ask: shown?.ask ?? null,
    load: session?.offered ? session.load : null,
    reload: model && session!.reload,
  };
}
