import type { RunnableModel } from '../analysis/runnable';
import type { GeneratedToken, NextPass } from '../generate/generate';
import type { GenerateOptions } from '../generate/options';
import type { ModelConfig } from '../model/config';
import { checkOptions, Passes, type PassSource, type RunOptions } from '../model/passes';
import type { Prompt } from '../model/prompt';
import type { Tokenizer } from '../model/tokenizer';
import type { ForwardProgram } from '../program/program';
import { retained } from '../program/retain';
import type { TensorData } from '../tensor/layout';
import type { Trace } from '../trace/trace';
import { ReferenceTrace } from './reference-trace';
import type { Walker } from './walker';

export interface ReferenceRunOptions extends RunOptions {
  /** Stops the pass between two steps; `run` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Nothing is taken over from it: each pass is walked whole. */
  readonly reuse?: Trace;
}

export interface ReferenceParts extends PassSource {
  readonly name: string;
  /** Tokens that end a text. */
  readonly endOfText: () => Promise<readonly number[]>;
  /** SHA-256 of the weight file, in hexadecimal. */
  readonly weightsHash: string;
  readonly walker: Walker;
}

/** What a reference model has done, and what its traces hold now. */
export interface ReferenceCounters {
  /** Passes. */
  submits: number;
  /** Steps. */
  dispatches: number;
  /** Floating-point operations of these steps, a multiply-add counted as two. */
  flops: number;
  /** Bytes that traces retain now, until they are disposed. */
  bytesRetained: number;
}

/**
 * A model whose passes are walked in float64 on the CPU: the same programs and edits as on the GPU, and every analysis
 * that needs no more than runs and weights. It cannot do what only a GPU can: step through a kernel, or time one.
 */
export class ReferenceModel implements RunnableModel {
  readonly kind = 'reference';
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  readonly weightsHash: string;
  readonly adapterName = 'float64 on the CPU';
  readonly counters: ReferenceCounters = { submits: 0, dispatches: 0, flops: 0, bytesRetained: 0 };
  readonly #parts: ReferenceParts;
  readonly #passes: Passes;

  constructor(parts: ReferenceParts) {
    this.#parts = parts;
    this.#passes = new Passes(parts);
    this.name = parts.name;
    this.config = parts.config;
    this.tokenizer = parts.tokenizer;
    this.weightsHash = parts.weightsHash;
  }

  /** Where passes are walked: in a worker, or step by step in the thread that loaded the model. */
  get thread(): 'worker' | 'page' {
    return this.#parts.walker.thread;
  }

  /**
   * Tokens that end a generated text: what generation_config.json says, which is asked for now, or else config.json, or
   * else the tokenizer.
   *
   * @throws `fetch-failed`, `json-invalid`, `config-invalid`
   */
  endOfText(): Promise<readonly number[]> {
    return this.#parts.endOfText();
  }

  get weightNames(): string[] {
    return Object.keys(this.#parts.table);
  }

  /**
   * The forward pass for prompts of this shape, checked.
   *
   * @throws `usage` for a shape that no prompt has; `program-invalid`
   */
  program(batch: number, pos: number): ForwardProgram {
    return this.#passes.program(batch, pos);
  }

  /**
   * Walks one forward pass, and resolves when it is done. Passes that are asked for meanwhile wait for it.
   *
   * @throws `prompt-empty`, `prompt-too-long`, `prompt-ragged`, `token-invalid`, `no-tokenizer`, `tensor-unknown`,
   * `slice-invalid`, `edit-invalid`, `usage`, `program-invalid`, `out-of-memory`, `disposed`; the signal's reason
   */
  async run(prompt: Prompt, asked: ReferenceRunOptions = {}): Promise<ReferenceTrace> {
    const { retain = 'all', signal, reuse: _, ...options } = checkOptions(asked);
    signal?.throwIfAborted();
    const { walker } = this.#parts;
    const { program, inputs, tokens, labels } = this.#passes.asked(prompt, options);
    const pass = await walker.walk({ program, inputs, keep: retained(program, retain) }, signal);
    const { counters } = this;
    counters.submits++;
    counters.dispatches += pass.steps;
    counters.flops += pass.flops;
    counters.bytesRetained += pass.bytes;
    const released = () => {
      counters.bytesRetained -= pass.bytes;
    };
    const info = { model: this.name, weightsHash: this.weightsHash, adapter: this.adapterName };
    return new ReferenceTrace(walker, pass, program, info, tokens, labels, options.edits ?? [], released);
  }

  /**
   * Text that the model writes after a prompt, as a live model's `generate`: each token costs a whole pass.
   *
   * @throws `generation-invalid` naming the option; as `run`
   */
  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GeneratedToken, void, undefined> {
    const { generate } = await import('../generate/generate');
    const { name, config, tokenizer } = this;
    const { endOfText } = this.#parts;
    const next = ({ tokens, retain, edits, signal }: NextPass) =>
      this.run([tokens], { retain, edits, ...(signal && { signal }) });
    yield* generate({ name, config, tokenizer, endOfText, next }, prompt, options);
  }

  /**
   * A weight by its TransformerLens name.
   *
   * @throws `tensor-unknown`, `disposed`
   */
  weight(name: string): Promise<TensorData> {
    return this.#parts.walker.weight(name);
  }

  /** Gives the weights back once the last trace has been disposed; runs throw `disposed` from now on. */
  dispose(): void {
    this.#parts.walker.close();
  }
}
