import { FluoroscopeError } from '../errors';
import { checkOptions } from '../model/passes';
import type { Edit } from '../program/edits';
import type { Retain } from '../program/retain';
import { show } from '../tensor/show';
import { checkSampling, type SamplingOptions } from './sampling';

export interface GenerateOptions extends SamplingOptions {
  /** The most tokens to generate; 64 unless given. */
  readonly tokens?: number;
  /**
   * Ends the text: a token by its id, or a text, as soon as what was generated holds it. What ends it is yielded.
   * The model's end-of-text token ends it too.
   */
  readonly stop?: readonly (number | string)[];
  /**
   * What happens when the model's context is full. `refuse` (unless given): the text ends, `finish` says `context`, and a
   * prompt that is too long is an error. `slide`: each further pass drops the oldest tokens, `dropped` says how many, and
   * the others begin at position 0 again; nothing of an earlier pass holds then, so each costs a whole one.
   */
  readonly pastContext?: 'refuse' | 'slide';
  /** Whether the text goes on where the model ends it (`model.endOfText()`); false unless given. */
  readonly pastEndOfText?: boolean;
  /**
   * Whether keys and values of earlier positions are kept and only the new position is computed, with equal bits; true
   * unless given. Where it cannot be, `reused` of the trace is 0: with edits, after sliding, in float64 on the CPU.
   */
  readonly cache?: boolean;
  /** What each trace keeps, as in `run`; `[]` unless given. Whatever it has not kept is replayed when it is read. */
  readonly retain?: Retain;
  /** Interventions in every pass; their positions count in that pass. `pos: −1` is where the next token is predicted. */
  readonly edits?: readonly Edit[] | ((tokens: readonly (readonly number[])[]) => Promise<readonly Edit[]>);
  /** How many of the likeliest tokens `candidates` lists; 5 unless given. */
  readonly candidates?: number;
  /** Ends the generation between two tokens, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** All of them: a misspelt one would change nothing, and nobody would know. */
const OPTIONS: Readonly<Record<keyof GenerateOptions, true>> = {
  tokens: true,
  temperature: true,
  topK: true,
  topP: true,
  seed: true,
  stop: true,
  pastContext: true,
  pastEndOfText: true,
  cache: true,
  retain: true,
  edits: true,
  candidates: true,
  signal: true,
};

/** What generation asks of a model's config. */
interface Sizes {
  readonly d_vocab: number;
  readonly d_vocab_out: number;
  readonly attention_dir: 'causal' | 'bidirectional';
}

export type Settings = Required<Omit<GenerateOptions, 'signal'>> & Pick<GenerateOptions, 'signal'>;

/**
 * @param name of the model, for errors
 * @throws `generation-invalid` naming the option, what it is and what is expected; `no-tokenizer`
 */
export function settingsOf(
  { name, config, tokenizer }: { readonly name: string; readonly config: Sizes; readonly tokenizer: object | null },
  options: GenerateOptions,
): Settings {
  checkOptions(options);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) {
    throw invalid(`${unknown} is no option of generate; expected one of ${Object.keys(OPTIONS).join(', ')}.`);
  }
  const { tokens = 64, stop = [], pastContext = 'refuse', cache = true, retain = [], edits = [] } = options;
  const { candidates = 5, pastEndOfText = false, signal } = options;
  if (config.attention_dir !== 'causal') {
    throw invalid(
      `${name} attends in both directions: its positions see what comes after them, so it predicts no next token. Run it on a whole prompt.`,
    );
  }
  if (config.d_vocab_out > config.d_vocab) {
    throw invalid(
      `${name} answers with one of ${config.d_vocab_out} classes and reads ${config.d_vocab} tokens, so its answers cannot be read on. Run it on a prompt.`,
    );
  }
  whole('tokens', tokens, 1);
  whole('candidates', candidates, 0);
  if (pastContext !== 'refuse' && pastContext !== 'slide') {
    throw invalid(`pastContext is ${show(pastContext)}; expected 'refuse' or 'slide'.`);
  }
  for (const [name, value] of Object.entries({ cache, pastEndOfText })) {
    if (typeof value !== 'boolean') throw invalid(`${name} is ${show(value)}; expected true or false.`);
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw invalid(`signal is ${show(signal)}; expected an AbortSignal.`);
  }
  if (!Array.isArray(stop)) throw invalid(`stop is ${show(stop)}; expected a list of token ids and texts.`);
  for (const one of stop) {
    const fits = typeof one === 'string' ? one !== '' : Number.isInteger(one) && one >= 0 && one < config.d_vocab_out;
    if (!fits) {
      throw invalid(`stop holds ${show(one)}; expected token ids from 0 to ${config.d_vocab_out - 1}, or texts.`);
    }
    if (typeof one === 'string' && !tokenizer) {
      throw new FluoroscopeError(
        'no-tokenizer',
        'This model has no tokenizer.json, so stop takes token ids, not text.',
      );
    }
  }
  const ends = { tokens, stop, pastContext, pastEndOfText };
  const settings = { ...ends, cache, retain, edits, candidates, ...checkSampling(options) };
  return signal ? { ...settings, signal } : settings;
}

/** @throws `generation-invalid` for a batch */
export function onePrompt<Ids>(prompts: readonly Ids[]): Ids {
  if (prompts.length === 1) return prompts[0]!;
  throw invalid(`The prompt is a batch of ${prompts.length}; text is generated for one. Generate for each in turn.`);
}

function whole(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw invalid(`${option} is ${show(value)}; expected a whole number from ${least} on.`);
}

const invalid = (message: string) => new FluoroscopeError('generation-invalid', message);
