import type { Counters } from './gpu/gpu';
import type { ModelConfig } from './model/config';
import { type Prompt, tokensOf } from './model/prompt';
import type { Tokenizer } from './model/tokenizer';
import { transformer, type WeightTable } from './model/transformer';
import { checkProgram } from './program/check';
import { type ForwardProgram, resolve } from './program/program';
import type { Retain } from './program/select';
import { checkSteps, type StepError } from './run/check-steps';
import { runFloat64 } from './run/float64';
import type { GpuWeights } from './run/gpu-weights';
import { Runner } from './run/runner';
import { sizeOf, type TensorData } from './tensor/layout';
import { LiveTrace } from './trace/live';
import type { Trace } from './trace/trace';

export interface RunOptions {
  /** What stays readable without a replay; `'all'` unless given. */
  readonly retain?: Retain;
}

export interface ModelParts {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  /** SHA-256 of the weight file, in hexadecimal. */
  readonly weightsHash: string;
  readonly table: WeightTable;
  readonly weights: GpuWeights;
}

/** A model on one GPU device. */
export class Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  readonly weightsHash: string;
  readonly #parts: ModelParts;
  readonly #runner: Runner;
  readonly #programs = new Map<string, ForwardProgram>();

  private constructor(parts: ModelParts, runner: Runner) {
    this.#parts = parts;
    this.#runner = runner;
    this.name = parts.name;
    this.config = parts.config;
    this.tokenizer = parts.tokenizer;
    this.weightsHash = parts.weightsHash;
  }

  static async create(parts: ModelParts): Promise<Model> {
    return new Model(parts, await Runner.create(parts.weights.gpu, parts.weights));
  }

  /** What this model's device was asked to do, for all models on it. */
  get counters(): Counters {
    return this.#runner.gpu.counters;
  }

  get adapterName(): string {
    return this.#runner.gpu.adapterName;
  }

  get weightNames(): string[] {
    return this.#parts.weights.names;
  }

  /**
   * The forward pass for prompts of this shape, checked.
   *
   * @throws `program-invalid`
   */
  program(batch: number, pos: number): ForwardProgram {
    const key = `${batch}×${pos}`;
    let program = this.#programs.get(key);
    if (!program) {
      program = this.#runner.withVariants(transformer(this.config, this.#parts.table, batch, pos));
      checkProgram(program);
      this.#programs.set(key, program);
    }
    return program;
  }

  /**
   * Runs one forward pass: one submit. Resolves as soon as the pass is on its way; reading waits for the GPU.
   *
   * @throws `prompt-empty`, `prompt-too-long`, `prompt-ragged`, `token-invalid`, `no-tokenizer`, `tensor-unknown`,
   * `limit-exceeded`, `out-of-memory`, `device-lost`, `disposed`
   */
  async run(prompt: Prompt, { retain = 'all' }: RunOptions = {}): Promise<Trace> {
    const tokens = tokensOf(prompt, this.config, this.tokenizer);
    const program = this.program(tokens.length, tokens[0]!.length);
    const execution = await this.#runner.run(program, Uint32Array.from(tokens.flat()), retain);
    const labels = tokens.map((ids) => ids.map((id) => this.tokenizer?.token(id) ?? String(id)));
    const info = { model: this.name, weightsHash: this.weightsHash, adapter: this.adapterName };
    return new LiveTrace(this.#runner, execution, info, tokens, labels);
  }

  /**
   * A weight by its TransformerLens name, as the GPU holds it.
   *
   * @throws `tensor-unknown`
   */
  weight(name: string): Promise<TensorData> {
    return this.#parts.weights.read(name);
  }

  /** Checks every step of a trace against float64 on the inputs that the GPU has read, one after another. */
  async *check(trace: Trace): AsyncGenerator<StepError> {
    const { program, tokens } = trace;
    yield* checkSteps(program, async (name) => {
      if (name === 'tokens') return tokens.flat();
      if (program.tensors[name]!.role === 'weight') return this.#parts.weights.stored(name);
      return (await trace.read(resolve(program, name))).data;
    });
  }

  /**
   * The same pass in float64 on the CPU, every activation by name, row-major: what the GPU would hold without rounding.
   *
   * @throws as `run` for the prompt
   */
  async float64(prompt: Prompt): Promise<Map<string, Float64Array>> {
    const tokens = tokensOf(prompt, this.config, this.tokenizer);
    const program = this.program(tokens.length, tokens[0]!.length);
    const names = Object.keys(this.#parts.table);
    const values = await Promise.all(names.map((name) => this.#parts.weights.stored(name)));
    const weights = new Map(names.map((name, i) => [name, values[i]!]));
    return runFloat64(program, tokens.flat(), (name) => weights.get(name)!);
  }

  /** Bytes of the weights on the GPU. */
  get weightBytes(): number {
    const own = Object.values(this.#parts.table).filter(({ shares }) => !shares);
    return own.reduce((bytes, { shape }) => bytes + 4 * sizeOf(shape), 0);
  }

  dispose(): void {
    this.#runner.dispose();
    this.#parts.weights.dispose();
  }
}
