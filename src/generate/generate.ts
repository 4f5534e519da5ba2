/** Text that a model writes, one pass a token, with the trace of each pass. */
import type { ModelConfig } from '../model/config';
import { type Prompt, tokensOf } from '../model/prompt';
import type { Tokenizer } from '../model/tokenizer';
import { checkEdits } from '../program/check-edits';
import type { Edit } from '../program/edits';
import type { Retain } from '../program/retain';
import type { Trace } from '../trace/trace';
import { type GenerateOptions, onePrompt, type Settings, settingsOf } from './options';
import { type Candidate, sampler } from './sampling';

export interface NamedCandidate extends Candidate {
  readonly text: string;
}

/** Why a text ends: so many tokens were asked for; a stop of the caller's; the model's end of text; no room is left. */
export type Finish = 'tokens' | 'stop' | 'end-of-text' | 'context';

export interface GeneratedToken extends NamedCandidate {
  /** Of the generated tokens, from 0. */
  readonly index: number;
  /** What the token adds to the text: empty while a character's bytes are incomplete. */
  readonly added: string;
  /** Of how many tokens it was drawn, after temperature, top-k and top-p. */
  readonly count: number;
  /** The likeliest tokens that there were, likeliest first, of equal ones the lower id first. */
  readonly candidates: readonly NamedCandidate[];
  /**
   * The pass whose last position predicts this token. It can be read until the next token is asked for or the generation
   * ends, and is disposed then: `keep` it to have it longer.
   */
  readonly trace: Trace;
  /** How many of the oldest tokens this pass has not read, because the context was full. */
  readonly dropped: number;
  /** Why it is the last one; null where it is not. */
  readonly finish: Finish | null;
  /** Leaves the trace to the caller, who disposes it. The next pass then copies what it would have taken over. */
  keep(): Trace;
}

/** One pass of those that make a text. */
export interface NextPass {
  readonly tokens: readonly number[];
  readonly retain: Retain;
  readonly edits: readonly Edit[];
  /** The pass over all tokens but the last; null where nothing of it holds. */
  readonly earlier: Trace | null;
  /** Whether nobody reads the earlier pass any more: its buffers may be taken, and it is to be disposed. */
  readonly spend: boolean;
  /** How many positions there will be at most. */
  readonly room: number;
  readonly signal?: AbortSignal | undefined;
}

/** What generation needs of a model. */
export interface GeneratingModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  /** Tokens that end a text. */
  endOfText(): Promise<readonly number[]>;
  next(pass: NextPass): Promise<Trace>;
}

/**
 * @throws `generation-invalid`, `prompt-empty`, `prompt-too-long`, `token-invalid`, `no-tokenizer`; as `run` and
 * `model.endOfText`; the signal's reason
 */
export async function* generate(
  model: GeneratingModel,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, void, undefined> {
  const settings = settingsOf(model, options);
  const { config, tokenizer } = model;
  const { signal, retain, cache } = settings;
  const n_ctx = settings.pastContext === 'slide' ? Number.MAX_SAFE_INTEGER : config.n_ctx;
  const ids = onePrompt(tokensOf(prompt, { ...config, n_ctx }, tokenizer));
  const ends = settings.pastEndOfText ? [] : await model.endOfText();
  const room = Math.min(config.n_ctx, ids.length + settings.tokens - 1);
  const draw = sampler(settings, settings.candidates);
  const text = growingText(tokenizer, ids);
  const named = (one: Candidate): NamedCandidate => ({ ...one, text: tokenizer?.token(one.id) ?? String(one.id) });
  let trace: Trace | null = null;
  let kept = false;
  try {
    for (let index = 0; ; index++) {
      signal?.throwIfAborted();
      const dropped = Math.max(0, ids.length - config.n_ctx);
      const tokens = ids.slice(dropped);
      const edits = typeof settings.edits === 'function' ? await settings.edits([tokens]) : settings.edits;
      checkEdits(edits);
      const earlier = cache && dropped === 0 && edits.length === 0 ? trace : null;
      const before: Trace | null = trace;
      trace = null;
      try {
        trace = await model.next({ tokens, retain, edits, earlier, spend: !kept, room, signal });
      } finally {
        if (!kept) before?.dispose();
      }
      kept = false;
      const own: Trace = trace;
      const logits = await own.read(own.program.output, { batch: 0, pos: -1 });
      const { candidates, count, ...choice } = draw(logits.data);
      ids.push(choice.id);
      text.add(choice.id);
      const finish = finishOf(settings, ends, { ids, index, id: choice.id, written: text.written }, config.n_ctx);
      yield {
        ...named(choice),
        index,
        added: text.take(finish !== null),
        count,
        candidates: candidates.map(named),
        trace: own,
        dropped,
        finish,
        keep: () => {
          if (trace === own) kept = true;
          return own;
        },
      };
      if (finish !== null) return;
    }
  } finally {
    if (!kept) trace?.dispose();
  }
}

interface State {
  readonly ids: readonly number[];
  readonly index: number;
  readonly id: number;
  readonly written: string;
}

function finishOf(
  { stop, tokens, pastContext }: Settings,
  endOfText: readonly number[],
  { ids, index, id, written }: State,
  n_ctx: number,
): Finish | null {
  if (stop.some((one) => (typeof one === 'number' ? one === id : written.includes(one)))) return 'stop';
  if (endOfText.includes(id)) return 'end-of-text';
  if (index + 1 === tokens) return 'tokens';
  return pastContext === 'refuse' && ids.length > n_ctx ? 'context' : null;
}

/** What tokens add to a prompt's text, in whole characters. */
function growingText(tokenizer: Tokenizer | null, prompt: readonly number[]) {
  const decode = (ids: readonly number[]) => tokenizer?.decode(ids) ?? ids.map((id) => ` ${id}`).join('');
  const ids = [...prompt];
  const before = decode(ids).length;
  let all = '';
  let given = before;
  return {
    add(id: number): void {
      ids.push(id);
      all = decode(ids);
    },
    /** What has not been taken yet; at the `end` also what stands for an incomplete character. */
    take(end: boolean): string {
      // The replacement character stands for bytes that may yet become a whole one.
      const whole = end ? all.length : all.length - /\uFFFD*$/.exec(all)![0].length;
      const added = all.slice(given, whole);
      given = Math.max(given, whole);
      return added;
    },
    /** What was generated so far. */
    get written() {
      return all.slice(before);
    },
  };
}
