/** What `<fluoro-model>` tells the components inside it. */
import { createContext } from '@lit/context';
import type { Model, ReferenceModel, Tokenizer, Trace } from '../../src/index';
import type { Pointing } from './selection';

/**
 * `recorded`: a recording is shown and no model has been asked for. `ready`: the trace shown is of the newest prompt.
 */
export type ModelState = 'idle' | 'recorded' | 'loading' | 'ready' | 'running' | 'error';

/** A change of the edits of a `<fluoro-model>`, in the language of `--edit`; `set` replaces all, before the others. */
export interface EditChange {
  readonly set?: readonly string[];
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** What one forward pass asked of the device. */
export interface PassCost {
  readonly submits: number;
  readonly dispatches: number;
}

export interface QuestionOptions {
  /** Takes the question back. */
  readonly signal?: AbortSignal;
}

/** On the GPU, or in float64 on the CPU: `kind` tells. What only a GPU can do throws `no-webgpu` where it is the latter. */
export type PageModel = Model | ReferenceModel;

/** What takes the model to answer: more runs, or its weights. All that it leaves on the GPU it disposes itself. */
export type Question<Answer> = (
  model: PageModel,
  trace: Trace,
  options: { readonly signal: AbortSignal },
) => Promise<Answer>;

/**
 * Has a question answered about the last pass, after those asked earlier. The next prompt stops it.
 *
 * @throws an AbortError when stopped; as the question
 */
export type Ask = <Answer>(question: Question<Answer>, options?: QuestionOptions) => Promise<Answer>;

export interface RunView {
  readonly state: ModelState;
  /** The last good pass; null before the first one. */
  readonly trace: Trace | null;
  readonly cost: PassCost | null;
  /** Whose values the trace holds; null before the first one. */
  readonly showing: Trace['kind'] | null;
  /** What is asked to be edited, in the language of `--edit`, in order. */
  readonly edits: readonly string[];
  /** The same prompt without the edits; null where there are none, and in a recording. */
  readonly clean: Trace | null;
  /** The text that the trace is of; null for a recording, and for a pass over the tokens of one. */
  readonly tracePrompt: string | null;
  /** What the page or its reader has asked for; null: what the recording is of; undefined where nothing can be run. */
  readonly prompt: string | null | undefined;
  /** Why the prompt cannot be run: the trace then is of an earlier prompt. */
  readonly promptError: Error | null;
  /** Why there is no model. */
  readonly error: Error | null;
  /** Length of the model's context, in tokens; null before the model has come. */
  readonly contextLength: number | null;
  /** A token's text by its id; null where there is no tokenizer. */
  readonly tokenText: ((id: number) => string) | null;
  /** Of the model; null before it has come, and where it has none. */
  readonly tokenizer: Tokenizer | null;
  /** Tokens that end a text, as `Model.endOfText` says; null before the model has come. */
  readonly endOfText: (() => Promise<readonly number[]>) | null;
  /** null where there is no model, as with a recording. */
  readonly ask: Ask | null;
  /** Fetches the model, because the reader asks; null where it is there or on its way, or where there is none. */
  readonly load: (() => void) | null;
  /** Loads the model anew, for a device that was lost; null where there is none. */
  readonly reload: (() => void) | null;
}

/** Sent by a component in which something was edited; `<fluoro-model>` runs the prompt with it. */
export type EditEvent = CustomEvent<EditChange>;

declare global {
  interface HTMLElementEventMap {
    'fluoro-edit': EditEvent;
  }
}

export const runContext = createContext<RunView>(Symbol('fluoroscope run'));
export const pointingContext = createContext<Pointing>(Symbol('fluoroscope pointing'));
