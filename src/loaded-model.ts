/**
 * A model on one GPU device. What it takes to run a prompt is loaded with this file; what only a debugger asks for, when
 * it is asked for.
 */
import type { KernelExamination } from './debug/examine';
import type { Explanation } from './debug/explanation';
import type { DebugOptions, DebugSession } from './debug/session';
import type { OutputAccuracy } from './debug/step-accuracy';
import type { StepWorkgroupOptions } from './debug/step-workgroup';
import type { UserKernel } from './debug/user-kernels';
import type { WorkgroupStepper } from './debug/workgroup';
import type { GeneratedToken, NextPass } from './generate/generate';
import type { GenerateOptions } from './generate/options';
import type { Counters } from './gpu/gpu';
import type { ModelConfig } from './model/config';
import { type AskedPass, checkOptions, Passes, type RunOptions as PassRunOptions } from './model/passes';
import type { Prompt } from './model/prompt';
import type { Tokenizer } from './model/tokenizer';
import type { WeightTable } from './model/transformer';
import type { Edit } from './program/edits';
import { fuse } from './program/fuse';
import { type ForwardProgram, resolve } from './program/program';
import type { Retain } from './program/retain';
import type { StepError, TensorReference } from './run/check-steps';
import { compile, type Execution } from './run/execution';
import type { GpuWeights } from './run/gpu-weights';
import { type PassMemory, passMemory } from './run/memory';
import type { Profile, ProfileOptions } from './run/profile';
import type { GoneOn } from './run/reuse';
import { Runner } from './run/runner';
import { withVariants } from './run/variants';
import type { Index, TensorData } from './tensor/layout';
import { MASKED } from './tensor/masked';
import { LiveTrace } from './trace/live';
import type { RunInfo, Trace } from './trace/trace';

export interface RunOptions extends PassRunOptions {
  /**
   * An earlier pass to go on from, as while typing: of a causal model, the positions up to the first token that differs are
   * not computed again but copied, with equal bits, and `trace.reused` says how many they are. None where that pass is
   * another model's, disposed, or has not kept what is needed, or where either is edited, rewritten or narrowed.
   */
  readonly reuse?: Trace;
}

export interface ModelParts {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  /** Tokens that end a text. */
  readonly endOfText: () => Promise<readonly number[]>;
  /** SHA-256 of the weight file, in hexadecimal. */
  readonly weightsHash: string;
  readonly table: WeightTable;
  readonly weights: GpuWeights;
  /** The user's shaders in place of ours. */
  readonly kernels?: readonly UserKernel[];
}

/** A model on one GPU device, and all that can be asked of it. */
export class Model {
  /** Its traces are of values as they lie on the GPU. */
  readonly kind = 'live';
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  readonly weightsHash: string;
  /** Shaders of the user's, and what they compute. */
  readonly userKernels: readonly UserKernel[];
  readonly #parts: ModelParts;
  readonly #runner: Runner;
  readonly #passes: Passes;
  /** Of its own program, as it is. */
  readonly #plain = new WeakSet<Trace>();

  private constructor(parts: ModelParts, runner: Runner) {
    this.#parts = parts;
    this.#runner = runner;
    this.#passes = new Passes(parts, (program) => withVariants(program, runner.choice));
    this.name = parts.name;
    this.config = parts.config;
    this.tokenizer = parts.tokenizer;
    this.weightsHash = parts.weightsHash;
    this.userKernels = parts.kernels ?? [];
  }

  static async create(parts: ModelParts): Promise<Model> {
    const { weights, kernels = [] } = parts;
    const replaced = kernels.length > 0 ? (await import('./debug/user-kernels')).chosen(kernels) : undefined;
    return new Model(parts, await Runner.create(weights.gpu, weights, replaced));
  }

  /** What this model's device was asked to do, for all models on it. */
  get counters(): Counters {
    return this.#runner.gpu.counters;
  }

  get adapterName(): string {
    return this.#runner.gpu.adapterName;
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
    return this.#parts.weights.names;
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
   * Runs one forward pass: one submit. Resolves as soon as the pass is on its way; reading waits for the GPU.
   *
   * @throws `prompt-empty`, `prompt-too-long`, `prompt-ragged`, `token-invalid`, `no-tokenizer`, `tensor-unknown`,
   * `slice-invalid`, `edit-invalid`, `usage`, `program-invalid`, `limit-exceeded`, `out-of-memory`, `device-lost`, `disposed`
   */
  async run(prompt: Prompt, options: RunOptions = {}): Promise<Trace> {
    const { retain = 'all', reuse, ...asked } = checkOptions(options);
    const whole = this.#passes.asked(prompt, asked);
    const run = async ({ program, inputs, earlier }: Omit<GoneOn, 'earlier'> & Partial<GoneOn>) => {
      const fused = fuse(program);
      const execution = await this.#runner.run(fused, inputs, retain, earlier);
      return this.#trace(execution, fused, whole, asked.edits);
    };
    if (!reuse || !whole.plain || !this.#canGoOn(reuse)) return run(whole);
    return reuse.lend(async (buffer) => {
      const { goOn } = await import('./run/reuse');
      const { program, tokens } = reuse;
      return run(goOn(whole.program, whole.tokens, { program, tokens, buffer }, retain) ?? whole);
    });
  }

  /**
   * Compiles what a pass takes that goes on from this one with another last token, so that the first `run` with `reuse` need
   * not wait for it. Nothing runs. Of a pass that cannot be gone on from, nothing compiles either.
   *
   * @throws `program-invalid`, `device-lost`
   */
  async prepareReuse(trace: Trace): Promise<void> {
    if (!this.#canGoOn(trace)) return;
    const { likely } = await import('./run/reuse');
    const { gpu, choice } = this.#runner;
    for (const program of likely(trace)) await compile(gpu, fuse(program), choice);
  }

  /**
   * Text that the model writes after a prompt, one token after another, each with the trace of its pass, which lives
   * until the next token is asked for unless `keep` is called. After the first pass each computes one position, with the
   * bits of the whole pass and one submit, and appends to buffers that the second has made, with room for all to come.
   *
   * @param prompt text or one list of token ids
   * @throws `generation-invalid` naming the option; as `run`; the signal's reason
   */
  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GeneratedToken, void, undefined> {
    const { generate } = await import('./generate/generate');
    const { name, config, tokenizer } = this;
    const { endOfText } = this.#parts;
    yield* generate({ name, config, tokenizer, endOfText, next: (pass) => this.#next(pass) }, prompt, options);
  }

  async #next({ tokens, retain, edits, earlier, spend, room }: NextPass): Promise<Trace> {
    const { begin, grow } = await import('./run/grow');
    const whole = this.#passes.asked([tokens], { edits });
    if (!earlier || !this.#canGoOn(earlier)) {
      const program = fuse(whole.program);
      const first = begin(program, retain, edits.length === 0);
      const execution = await this.#runner.run(first.program, whole.inputs, first.keep);
      return this.#trace(execution, program, whole, edits);
    }
    const grown = grow(whole.program, this.program(1, room), tokens, retain);
    const trace = (execution: Execution) => this.#trace(execution, grown.program, whole);
    const taken = spend ? earlier.handOver() : null;
    if (taken) return trace(await this.#runner.grow(grown, taken));
    return earlier.lend(async (buffer) => trace(await this.#runner.grow(grown, (name) => buffer(name)!)));
  }

  #trace(execution: Execution, ran: ForwardProgram, whole: AskedPass, edits: readonly Edit[] = []): LiveTrace {
    const program = ran.goesOn ? fuse(whole.program) : ran;
    const { tokens, labels } = whole;
    const trace = new LiveTrace(this.#runner, execution, program, this.info, tokens, labels, edits, undefined, ran);
    if (whole.plain) this.#plain.add(trace);
    return trace;
  }

  /** Whether it ran this model's own program, its buffers are there, and no position of it reads a later one. */
  #canGoOn(trace: Trace): trace is LiveTrace {
    return this.config.attention_dir === 'causal' && this.#plain.has(trace) && !trace.disposed;
  }

  /**
   * A forward pass that stops where it is told, before its first step at first. Every tensor is retained.
   *
   * @throws as `run`; for breakpoints `tensor-unknown`, `breakpoint-invalid`, `condition-invalid`
   */
  async debug(prompt: Prompt, options: DebugOptions = {}): Promise<DebugSession> {
    const { program, tokens, labels } = this.#passes.asked(prompt);
    const { DebugSession } = await import('./debug/session');
    return DebugSession.open({ runner: this.#runner, program, tokens, labels, info: this.info }, options);
  }

  /**
   * A weight by its TransformerLens name, as the GPU holds it.
   *
   * @throws `tensor-unknown`
   */
  weight(name: string): Promise<TensorData> {
    return this.#parts.weights.read(name);
  }

  /**
   * How one number came about: where it lies, which invocation of which kernel stored it, of which operands and by which
   * arithmetic, and whether that arithmetic in float64 comes within the step's bound of it. Each operand can be explained
   * in turn, down to weights and token ids. It reads the operands of this one number and no more.
   *
   * @param trace a pass of this model
   * @param name of an activation, a derived tensor, an edit's operand, a weight, or `tokens`
   * @param index along every axis; −1 is the last. An axis of size 1 may be left out.
   * @throws `not-live` for a recorded trace, `usage` for another model's, `tensor-unknown`, `slice-invalid`, `disposed`,
   * `device-lost`
   */
  async explain(trace: Trace, name: string, index: Index): Promise<Explanation> {
    const { explain } = await import('./debug/explain');
    return explain({ trace, weights: this.#parts.weights, isOwn: this.#own(trace) }, name, index);
  }

  /**
   * Checks steps of a trace, live or recorded, against float64 on the inputs that the step has read, one after another.
   * What a step should compute is what this model's own program says, not the trace's.
   *
   * @param which indices of steps, all unless given
   * @throws `tensor-unknown` where a recorded trace lacks a tensor
   */
  async *check(trace: Trace, which?: Iterable<number>): AsyncGenerator<StepError> {
    const { program } = trace;
    const expected = this.program(program.batch, program.pos);
    const { checkSteps } = await import('./run/check-steps');
    yield* checkSteps(program, this.#reader(trace), { ...(which && { which }), expected });
  }

  /**
   * One tensor of a trace in float64, from the very inputs that its step read on the GPU, with the step's bound.
   *
   * @throws `tensor-unknown`, also for what no step writes
   */
  async reference(trace: Trace, name: string): Promise<TensorReference> {
    const { tensorReference } = await import('./run/check-steps');
    return tensorReference(trace.program, name, this.#reader(trace));
  }

  /**
   * Puts one workgroup of a step, by its index, into the interpreter, on the values that the trace holds.
   *
   * @throws `step-invalid`, `shader-unsupported`; as `trace.read`
   */
  async stepWorkgroup(
    trace: Trace,
    step: number,
    workgroup: readonly [number, number, number] = [0, 0, 0],
    options: StepWorkgroupOptions = {},
  ): Promise<WorkgroupStepper> {
    const { stepWorkgroup } = await import('./debug/step-workgroup');
    return stepWorkgroup(trace.program, step, workgroup, this.#reader(trace), options, this.#runner.choice);
  }

  /**
   * How far each output of a step, by its index, lies from float64 on the inputs that the GPU has read.
   *
   * @throws `step-invalid`; as `trace.read`
   */
  async stepAccuracy(trace: Trace, step: number): Promise<OutputAccuracy[]> {
    const { stepAccuracy } = await import('./debug/step-accuracy');
    return stepAccuracy(trace.program, step, this.#reader(trace));
  }

  /**
   * Times every step of a pass on its own: median and least of some rounds, beside what the step computes and moves.
   *
   * @param of a prompt; or a pass of this model, whose very program is run once more, all of its steps, its edits where
   * they were made: a session's too, wherever that stands
   * @throws as `run` for the prompt; for a trace `not-live`, `disposed`, and `usage` where it is another model's or edits
   * are given beside it; `step-invalid`, the signal's reason
   */
  async profile(
    of: Prompt | Trace,
    { edits = [], ...options }: ProfileOptions & Pick<RunOptions, 'edits'> = {},
  ): Promise<Profile> {
    const { passOf, profilePass } = await import('./debug/profile-pass');
    const isTrace = typeof of === 'object' && 'program' in of;
    const pass = isTrace ? await passOf(of, this.#own(of), edits) : this.#passes.asked(of, { edits });
    return profilePass(this.#runner, pass, options);
  }

  /**
   * Why a step leaves its bound, as far as its operands and our own shader tell, one sentence each.
   *
   * @param error from `check` of the same trace
   * @throws as `trace.read`
   */
  async whyMissed(trace: Trace, error: StepError): Promise<string[]> {
    const step = trace.program.steps[error.step]!;
    const { whyMissed } = await import('./debug/why-missed');
    return whyMissed(this.#runner.gpu, step, error, this.userKernels, this.#reader(trace));
  }

  /**
   * Tries each of the user's kernels (`loadModel`'s `kernels`) alone, on small problems of odd sizes: memory that it reads
   * or leaves unwritten, races, differences between two runs, error bounds.
   */
  async *examineKernels(): AsyncGenerator<KernelExamination> {
    const { examineKernel } = await import('./debug/examine');
    for (const kernel of this.userKernels) yield await examineKernel(this.#runner.gpu, kernel);
  }

  /** What a trace's steps have read, as the GPU holds it, weights in the order in which they are stored. */
  #reader(trace: Trace): (name: string) => Promise<Float32Array | Uint32Array> {
    const { program, tokens } = trace;
    return async (name) => {
      if (name === 'tokens') return Uint32Array.from(tokens.flat());
      if (program.tensors[name]!.role === 'weight') return this.#parts.weights.stored(name);
      const { data } = await trace.read(resolve(program, name));
      if (trace.kind === 'recorded' && name.endsWith('hook_attn_scores')) return data.map(masked);
      return program.tensors[name]!.type === 'u32' ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
    };
  }

  /**
   * The same pass in float64 on the CPU, every activation by name, row-major: what the GPU would hold without rounding.
   *
   * @throws as `run` for the prompt
   */
  async float64(prompt: Prompt, { edits = [] }: Pick<RunOptions, 'edits'> = {}): Promise<Map<string, Float64Array>> {
    const { program, inputs } = this.#passes.asked(prompt, { edits });
    const { float64Pass } = await import('./float64-pass');
    return float64Pass(program, inputs, this.#parts);
  }

  /** What its traces say of where they come from. */
  get info(): RunInfo {
    const { rounded } = this.#parts.weights;
    const { name: model, weightsHash, adapterName: adapter } = this;
    return { model, weightsHash, adapter, ...(rounded !== undefined && { rounded }) };
  }

  /** Whether a trace is of these very weights. */
  #own({ info: { weightsHash, rounded } }: Trace): boolean {
    return weightsHash === this.weightsHash && rounded === this.#parts.weights.rounded;
  }

  /**
   * What a pass over prompts of this shape needs of the GPU's memory beside the weights, counted without running it. What is
   * read and was not kept is replayed, and needs its memory then.
   *
   * @throws as `program`; for `retain` as `run`
   */
  memory(batch: number, pos: number, retain: Retain = 'all'): PassMemory {
    return passMemory(fuse(this.program(batch, pos)), retain, this.#runner.choice);
  }

  /** Bytes of the weights on the GPU. */
  get weightBytes(): number {
    return this.#parts.weights.bytes;
  }

  dispose(): void {
    this.#runner.dispose();
    this.#parts.weights.dispose();
  }
}

/** Files have masked scores as −Infinity. */
const masked = (score: number) => (score === -Infinity ? MASKED : score);
