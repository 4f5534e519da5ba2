import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import type { Variant } from '../kernels/kernel';
import { checkLimits } from '../program/limits';
import type { ForwardProgram, Step } from '../program/program';
import { type Retain, retained, stepsFor } from '../program/retain';
import { type Earlier, Execution, type Inputs, type Plan } from './execution';
import type { GpuWeights } from './gpu-weights';
import type { Grown } from './grow';
import { chooseVariants, type VariantChoice } from './variants';

/** Executions that nobody holds are kept for the next run of their shape, up to this many bytes. */
const IDLE_BYTES = 256 * 2 ** 20;

/** Runs programs over one model's weights, and keeps what a run of the same shape can use again. */
export class Runner {
  /** Least recently used first. */
  readonly #idle: Execution[] = [];
  #disposed = false;

  private constructor(
    readonly gpu: Gpu,
    readonly weights: GpuWeights,
    /** The shaders that run here. */
    readonly choice: VariantChoice,
  ) {}

  /** @param replaced shaders to run in place of ours, by kernel */
  static async create(gpu: Gpu, weights: GpuWeights, replaced?: ReadonlyMap<string, Variant>): Promise<Runner> {
    const ours = await chooseVariants(gpu);
    return new Runner(gpu, weights, (kernel) => replaced?.get(kernel.name) ?? ours(kernel));
  }

  /**
   * Runs what leads to the output and to what `retain` names, and keeps these and the inputs. Give the execution back
   * with `release`.
   *
   * @param earlier of the pass that it goes on from, where it does
   * @throws `disposed`
   */
  async run(program: ForwardProgram, inputs: Inputs, retain: Retain, earlier?: Earlier): Promise<Execution> {
    const keep = retained(program, retain);
    const steps = stepsFor(program, keep, () => false);
    const execution = await this.#ready(program, steps, keep, inputs, earlier !== undefined);
    execution.run(inputs, earlier);
    this.gpu.counters.bytesRetained += execution.bytesKept;
    return execution;
  }

  /**
   * Runs a pass that goes on from an earlier one: from an execution whose room it shares, which it takes over, or from
   * buffers of all that is kept, from which it copies.
   *
   * @throws `disposed`
   */
  async grow({ program, room, keep: names, inputs }: Grown, from: Execution | Earlier): Promise<Execution> {
    if (this.#disposed && from instanceof Execution) this.release(from);
    this.assertAlive();
    const keep = retained(program, names);
    const steps = stepsFor(program, keep, () => false);
    for (const name of Object.keys(inputs)) keep.add(name);
    const largest = { program: room, steps: stepsFor(room, keep, () => false) };
    const plan: Plan = { program, steps, keep, source: (name) => this.weights.home(name), room: largest };
    let execution: Execution;
    if (from instanceof Execution) {
      execution = from;
      this.gpu.counters.bytesRetained -= from.bytesKept;
    } else {
      const at = this.#idle.findLastIndex((idle) => sharesRoom(idle.plan, plan));
      execution = at < 0 ? await this.#made(plan) : this.#idle.splice(at, 1)[0]!;
    }
    execution.resize(plan, this.choice);
    execution.run(inputs, from instanceof Execution ? undefined : from);
    this.gpu.counters.bytesRetained += execution.bytesKept;
    return execution;
  }

  /**
   * Stands before the first of all steps, each of which keeps what it writes. `advance` runs them; give the execution
   * back with `release`.
   *
   * @throws `disposed`
   */
  async begin(program: ForwardProgram, inputs: Inputs): Promise<Execution> {
    const execution = await this.#ready(program, program.steps, retained(program, 'all'), inputs);
    execution.start(inputs);
    this.gpu.counters.bytesRetained += execution.bytesKept;
    return execution;
  }

  /**
   * Goes on from where `from`, which `begin` made ready, stands with a program that was rewritten from there on. What has
   * run stays, `from` is spent.
   *
   * @param inputs that are new in the program
   * @param was a tensor's name before it was rewritten, if it was there
   * @throws `disposed`, and then `from` can still go on
   */
  async rewritten(
    from: Execution,
    program: ForwardProgram,
    inputs: Inputs,
    was: (name: string) => string | undefined,
  ): Promise<Execution> {
    this.assertAlive();
    const keep = new Set([...retained(program, 'all'), ...from.plan.keep, ...Object.keys(inputs)]);
    const held = (name: string) => {
      const before = was(name);
      return before === undefined ? undefined : from.buffer(before);
    };
    const execution = await this.#prepare(program, program.steps, keep, held);
    this.gpu.counters.bytesRetained -= from.bytesKept;
    execution.takeOver(from, was);
    this.gpu.counters.bytesRetained += execution.bytesKept;
    execution.write(inputs);
    return execution;
  }

  /**
   * Makes ready the steps that lead from what `from` has kept to the targets; all that they write is kept. It is for the
   * caller to run, if `from` is still there by then.
   *
   * @param program what the steps are taken from
   * @throws `disposed`
   */
  async replay(from: Execution, targets: readonly string[], program: ForwardProgram): Promise<Execution> {
    this.assertAlive();
    const parked = from.unpark(targets);
    if (parked) return parked;
    const steps = stepsFor(program, targets, (name) => from.buffer(name) !== undefined);
    const keep = new Set(steps.flatMap((step) => Object.values(step.outputs)));
    return this.#prepare(program, steps, keep, (name) => from.buffer(name));
  }

  release(execution: Execution): void {
    this.gpu.counters.bytesRetained -= execution.bytesKept;
    if (this.#disposed) {
      execution.destroy();
      return;
    }
    this.#idle.push(execution);
    let bytes = this.#idle.reduce((total, idle) => total + idle.bytes, 0);
    // The newest stays, whatever its size: a shape that runs again must not allocate again.
    while (bytes > IDLE_BYTES && this.#idle.length > 1) {
      const oldest = this.#idle.shift()!;
      bytes -= oldest.bytes;
      oldest.destroy();
    }
  }

  dispose(): void {
    this.#disposed = true;
    for (const execution of this.#idle.splice(0)) execution.destroy();
  }

  /** An execution of these steps that nobody holds, or a new one. */
  async #ready(
    program: ForwardProgram,
    steps: readonly Step[],
    keep: Set<string>,
    inputs: Inputs,
    goesOn = false,
  ): Promise<Execution> {
    this.assertAlive();
    for (const name of Object.keys(inputs)) keep.add(name);
    const plan: Plan = { program, steps, keep, source: (name) => this.weights.home(name), goesOn };
    const fits = ({ plan }: Execution) =>
      !plan.room && plan.goesOn === goesOn && sameRun(plan.program, program) && sameNames(plan.keep, keep);
    const at = this.#idle.findLastIndex(fits);
    return at < 0 ? this.#made(plan) : this.#idle.splice(at, 1)[0]!;
  }

  async #prepare(
    program: ForwardProgram,
    steps: readonly Step[],
    keep: ReadonlySet<string>,
    held: (name: string) => GPUBuffer | undefined = () => undefined,
  ): Promise<Execution> {
    const source = (name: string) => {
      const buffer = held(name);
      return buffer ? { buffer, offset: 0 } : this.weights.home(name);
    };
    return this.#made({ program, steps, keep, source });
  }

  async #made(plan: Plan): Promise<Execution> {
    const { program, steps } = plan.room ?? plan;
    checkLimits({ steps, tensors: program.tensors }, this.gpu.device.limits);
    const execution = await Execution.prepare(this.gpu, plan, this.choice);
    if (this.#disposed) execution.destroy();
    this.assertAlive();
    return execution;
  }

  /** @throws `disposed` */
  assertAlive(): void {
    if (!this.#disposed) return;
    throw new FluoroscopeError('disposed', 'This model was disposed. Load it again.');
  }
}

/**
 * Whether one model's two programs differ in no more than their descriptions: of one shape, editing the same tensors, going on
 * from a pass of the same length.
 */
function sameRun(a: ForwardProgram, b: ForwardProgram): boolean {
  const named = (values: object) => Object.values(values).join();
  const wiring = ({ steps, derived }: ForwardProgram) =>
    [...steps, ...derived]
      .map(({ kernel, variant, fusion, inputs, outputs, uniforms }) => {
        return `${kernel} ${variant} ${fusion}: ${named(inputs)}→${named(outputs)} ${named(uniforms)}`;
      })
      .join(';');
  const sizes = ({ batch, pos, goesOn }: ForwardProgram) => `${batch} ${pos} ${goesOn?.old}`;
  return a === b || (sizes(a) === sizes(b) && wiring(a) === wiring(b));
}

/** Whether a pass of one plan can take over the buffers of the other. */
function sharesRoom(a: Plan, b: Pick<Plan, 'room' | 'keep'>): boolean {
  return (
    a.room !== undefined && b.room !== undefined && sameRun(a.room.program, b.room.program) && sameNames(a.keep, b.keep)
  );
}

function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
