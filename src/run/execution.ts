import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import type { Pipeline } from '../gpu/pipelines';
import { kernels } from '../kernels';
import type { Uniforms, Variant } from '../kernels/kernel';
import { fusedSteps } from '../program/fuse';
import { planSlots } from '../program/liveness';
import { type ForwardProgram, readsHalves, type Step } from '../program/program';
import { sizeOf } from '../tensor/layout';
import { type Bindings, packUniforms, pipelineSpec, portBytes } from './dispatch';
import type { Home } from './gpu-weights';
import { type Copied, copiedBy } from './joins';
import { type VariantChoice, variantOf } from './variants';

/** Steps of a program with the buffers they write and the bind groups that join them: all that one run needs. */
export interface Plan {
  readonly program: ForwardProgram;
  readonly steps: readonly Step[];
  /** Tensors with a buffer of their own; the others share. */
  readonly keep: ReadonlySet<string>;
  /** What lies somewhere already: weights, and what an earlier run has retained. */
  readonly source: (name: string) => Home | undefined;
  /**
   * Of a pass that appends to what is kept (`grow.ts`): the same at the largest size that there is room for. Buffers have
   * its sizes.
   */
  readonly room?: Pick<Plan, 'program' | 'steps'>;
  /** Whether rows of an earlier pass come out of its own buffers; there always is one where there is room. */
  readonly goesOn?: boolean;
}

/** Values of a program's inputs, as the GPU is to hold them. */
export type Values = Readonly<Record<string, Uint32Array | Float32Array>>;

/** The same, or buffers whose contents are copied there when the steps run. */
export type Inputs = Readonly<Record<string, Uint32Array | Float32Array | GPUBuffer>>;

/** The buffers of an earlier pass by the names of the tensors that they hold. */
export type Earlier = (name: string) => GPUBuffer;

/** Of a step that is done by copying: the new rows' buffer, and that of all rows, which is the tensor `name`. */
interface Join {
  readonly name: string;
  readonly later: GPUBuffer;
  readonly to: GPUBuffer;
}

/** One dispatch before it has buffers: a step, or several that are fused. Or a step that is done by copying. */
interface Work {
  readonly kernel: Bindings;
  readonly variant: Variant;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly uniforms: Uniforms;
  readonly flops: number;
  /** How many steps it does. */
  readonly steps: number;
  readonly copied: Copied | null;
  /** Whether the weight that it reads has two f16 in each word. */
  readonly halves: boolean;
}

interface Dispatch {
  readonly steps: number;
  flops: number;
  /** What runs; null where `join` is done in its place. */
  readonly bound: { readonly pipeline: GPUComputePipeline; readonly group: GPUBindGroup } | null;
  workgroups: readonly [number, number, number];
  readonly join: Join | null;
  /** What the join copies. */
  copied: Copied | null;
}

/** Dynamic parts of a uniform buffer start at multiples of this (WebGPU's default minUniformBufferOffsetAlignment). */
export const UNIFORM_ALIGNMENT = 256;

/**
 * A list of steps made ready on one device. Building it allocates; running it does not: one encoder, one pass, one
 * submit, or one of each for a range of the steps.
 */
export class Execution {
  readonly #kept = new Map<string, GPUBuffer>();
  readonly #owned: GPUBuffer[] = [];
  readonly #dispatches: Dispatch[] = [];
  /** Whole buffers to be copied before the next steps. */
  readonly #copies: { readonly from: GPUBuffer; readonly to: GPUBuffer }[] = [];
  #plan: Plan;
  #uniforms: GPUBuffer | undefined;
  /** Index of the next step. */
  #at = 0;
  #parked: Execution | undefined;
  #destroyed = false;

  private constructor(
    readonly gpu: Gpu,
    plan: Plan,
    work: readonly Work[],
    pipelines: readonly (Pipeline | null)[],
  ) {
    this.#plan = plan;
    try {
      this.#build(work, pipelines);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  static async prepare(gpu: Gpu, plan: Plan, choice: VariantChoice): Promise<Execution> {
    const work = workOf({ ...plan, ...plan.room }, choice);
    const pipelines = await compiled(gpu, work);
    let execution: Execution | undefined;
    try {
      return await gpu.guarded('Preparing a run', () => (execution = new Execution(gpu, plan, work, pipelines)));
    } catch (error) {
      execution?.destroy();
      throw error;
    }
  }

  get plan(): Plan {
    return this.#plan;
  }

  #build(work: readonly Work[], pipelines: readonly (Pipeline | null)[]): void {
    const { gpu, plan } = this;
    const { keep } = plan;
    const { program } = plan.room ?? plan;
    const { COPY_DST, COPY_SRC, STORAGE, UNIFORM } = GPUBufferUsage;
    const create = (label: string, bytes: number, usage = STORAGE | COPY_SRC | COPY_DST) => {
      const buffer = gpu.createBuffer(label, bytes, usage);
      this.#owned.push(buffer);
      return buffer;
    };

    const slots = planSlots(program, work, keep);
    const slotBuffers = slots.slotBytes.map((bytes, i) => create(`slot ${i}`, bytes));
    const homeOf = (name: string): Home => {
      const slot = slots.slotOf.get(name);
      if (slot !== undefined) return { buffer: slotBuffers[slot]!, offset: 0 };
      const home = plan.source(name);
      if (home) return home;
      let buffer = this.#kept.get(name);
      if (!buffer) this.#kept.set(name, (buffer = create(name, 4 * sizeOf(program.tensors[name]!.shape))));
      return { buffer, offset: 0 };
    };

    // Also those that no step reads: a replay may.
    for (const name of keep) if (program.tensors[name]!.role === 'input') homeOf(name);
    const uniformBuffer = create('uniforms', work.length * UNIFORM_ALIGNMENT, UNIFORM | COPY_DST);
    this.#uniforms = uniformBuffer;
    work.forEach(({ kernel, inputs, outputs, uniforms, steps, copied, halves }, i) => {
      const dispatch = { steps, flops: 0, workgroups: [0, 0, 0] as const, copied };
      if (copied) {
        const [name, later] = [outputs.out!, inputs.later!];
        const join = { name, later: homeOf(later).buffer, to: homeOf(name).buffer };
        this.#dispatches.push({ ...dispatch, join, bound: null });
        return;
      }
      const offset = i * UNIFORM_ALIGNMENT;
      const { pipeline, layout } = pipelines[i]!;
      const sizes = portBytes(kernel, uniforms, halves);
      const entries = [
        { binding: 0, resource: { buffer: uniformBuffer, offset, size: packUniforms(kernel, uniforms).byteLength } },
        ...kernel.ports.map((port, p) => {
          const home = homeOf((port.access === 'read' ? inputs : outputs)[port.name]!);
          return { binding: p + 1, resource: { ...home, size: sizes[p]! } };
        }),
      ];
      const group = gpu.device.createBindGroup({ label: kernel.name, layout, entries });
      this.#dispatches.push({ ...dispatch, join: null, bound: { pipeline, group } });
    });
    this.#size(work);
  }

  /** Tells each dispatch its uniforms, and how many workgroups it has. */
  #size(work: readonly Work[]): void {
    const packed = new Uint8Array(work.length * UNIFORM_ALIGNMENT);
    work.forEach(({ kernel, variant, uniforms, flops, copied }, i) => {
      packed.set(new Uint8Array(packUniforms(kernel, uniforms)), i * UNIFORM_ALIGNMENT);
      const dispatch = this.#dispatches[i]!;
      dispatch.flops = flops;
      dispatch.workgroups = variant.workgroups(uniforms);
      dispatch.copied = copied;
    });
    this.gpu.device.queue.writeBuffer(this.#uniforms!, 0, packed);
  }

  /**
   * Makes it ready for a plan that differs from its own in its sizes alone, within the room that both have. What it has
   * kept stays where it is.
   */
  resize(plan: Plan, choice: VariantChoice): void {
    this.#plan = plan;
    this.#parked?.destroy();
    this.#parked = undefined;
    this.#size(workOf(plan, choice));
  }

  /**
   * Writes the inputs and runs every step. Returns at once; reads that follow wait for the GPU.
   *
   * @param earlier of the pass that this one goes on from; its own buffers unless given
   */
  run(inputs: Inputs = {}, earlier?: Earlier): void {
    this.start(inputs);
    this.advance(this.plan.steps.length, earlier);
  }

  /** Writes the inputs and stands before the first step. */
  start(inputs: Inputs): void {
    this.write(inputs);
    this.#at = 0;
  }

  /** Writes values of the program's inputs, such as the operands of an edit. */
  write(inputs: Inputs): void {
    this.gpu.assertAlive();
    for (const [name, values] of Object.entries(inputs)) {
      const to = this.#kept.get(name)!;
      if (ArrayBuffer.isView(values)) this.gpu.device.queue.writeBuffer(to, 0, values as Float32Array<ArrayBuffer>);
      else this.#copies.push({ from: values, to });
    }
  }

  /** Runs the steps from where it stands up to, not including, the step `to`. Returns at once, as `run`. */
  advance(to: number, earlier?: Earlier): void {
    const { gpu } = this;
    gpu.assertAlive();
    const max = gpu.device.limits.maxComputeWorkgroupsPerDimension;
    const dispatches = this.#between(this.#at, to);
    const encoder = gpu.device.createCommandEncoder({ label: 'forward pass' });
    for (const { from, to } of this.#copies.splice(0)) encoder.copyBufferToBuffer(from, 0, to, 0, to.size);
    let pass: GPUComputePassEncoder | undefined;
    for (const { bound, workgroups, join, copied } of dispatches) {
      if (join && copied) {
        pass?.end();
        pass = undefined;
        const copy = (from: GPUBuffer, rows: Copied['later']) => {
          for (const { at, to, size } of rows) encoder.copyBufferToBuffer(from, at, join.to, to, size);
        };
        if (earlier) copy(earlier(join.name), copied.earlier);
        copy(join.later, copied.later);
        continue;
      }
      if (Math.max(...workgroups) > max) {
        throw new FluoroscopeError(
          'limit-exceeded',
          `A step needs ${workgroups.join('×')} workgroups; this device offers ${max} per dimension.`,
        );
      }
      pass ??= encoder.beginComputePass();
      pass.setPipeline(bound!.pipeline);
      pass.setBindGroup(0, bound!.group);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass?.end();
    gpu.counters.dispatches += dispatches.filter(({ join }) => !join).length;
    gpu.counters.flops += dispatches.reduce((sum, { flops }) => sum + flops, 0);
    gpu.submit(encoder);
    this.#at = to;
  }

  /** The dispatches of a range of the steps; it does not end amid those of a fused one. */
  #between(from: number, to: number): Dispatch[] {
    let at = 0;
    return this.#dispatches.filter(({ steps }) => {
      at += steps;
      return at > from && at <= to;
    });
  }

  /**
   * Goes on from where another execution stands, whose program this one's was rewritten from, with the same steps up to
   * there. Its buffers come over under the names that they have in this program; the other can still say which buffer
   * bore which name in its own, and runs no more.
   *
   * @param was a tensor's name in the other's program, if it was there
   */
  takeOver(from: Execution, was: (name: string) => string | undefined): void {
    this.#at = from.#at;
    for (const name of Object.keys(this.plan.program.tensors)) {
      const before = was(name);
      const buffer = before === undefined ? undefined : from.#kept.get(before);
      if (buffer) this.#kept.set(name, buffer);
    }
    const kept = new Set(this.#kept.values());
    for (const buffer of from.#owned.splice(0)) {
      if (kept.has(buffer)) this.#owned.push(buffer);
      else this.gpu.destroyBuffer(buffer);
    }
    from.#parked?.destroy();
    from.#parked = undefined;
    from.#destroyed = true;
  }

  /** Bytes of all buffers that this execution and its parked replay own. */
  get bytes(): number {
    return this.#owned.reduce((bytes, buffer) => bytes + buffer.size, this.#parked?.bytes ?? 0);
  }

  /** Bytes of the tensors that were kept; the others share memory. */
  get bytesKept(): number {
    const { tensors } = this.plan.program;
    return [...this.#kept.keys()].reduce((bytes, name) => bytes + 4 * sizeOf(tensors[name]!.shape), 0);
  }

  /** The buffer of a tensor that was kept. */
  buffer(name: string): GPUBuffer | undefined {
    return this.#kept.get(name);
  }

  /** Keeps a replay, which reads this execution's buffers, for its next run; it takes an earlier one's place. */
  park(replay: Execution): void {
    this.#parked?.destroy();
    this.#parked = this.#destroyed ? undefined : replay;
    if (this.#destroyed) replay.destroy();
  }

  /** The parked replay, if it writes all that is wanted. */
  unpark(wanted: readonly string[]): Execution | undefined {
    const parked = this.#parked;
    if (!parked || !wanted.every((name) => parked.buffer(name))) return undefined;
    this.#parked = undefined;
    return parked;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#parked?.destroy();
    this.#parked = undefined;
    for (const buffer of this.#owned.splice(0)) this.gpu.destroyBuffer(buffer);
    this.#kept.clear();
  }
}

/** Compiles what all steps of a program take, before there is anything for them to read. */
export async function compile(gpu: Gpu, program: ForwardProgram, choice: VariantChoice): Promise<void> {
  const goesOn = program.goesOn !== undefined;
  await compiled(gpu, workOf({ program, steps: program.steps, goesOn }, choice));
}

/** Nothing for what is copied. */
function compiled(gpu: Gpu, work: readonly Work[]): Promise<(Pipeline | null)[]> {
  return Promise.all(
    work.map(({ kernel, variant, uniforms, halves, copied }) =>
      copied ? null : gpu.pipelines.get(pipelineSpec(kernel, variant, uniforms, halves)),
    ),
  );
}

/** The dispatches of a plan, and the copies among them. */
export function workOf({ program, steps, room, goesOn }: Omit<Plan, 'keep' | 'source'>, choice: VariantChoice): Work[] {
  const fused = new Map(fusedSteps(program, steps).map((one) => [one.first, one]));
  const work: Work[] = [];
  for (let i = 0; i < steps.length; ) {
    const one = fused.get(i);
    if (one) {
      const { fusion, variant, call } = one;
      work.push({
        kernel: fusion,
        variant,
        ...call,
        flops: fusion.flops(call.uniforms),
        steps: fusion.kernels.length,
        copied: null,
        halves: readsHalves(program, call),
      });
      i += fusion.kernels.length;
    } else {
      const step = steps[i++]!;
      const kernel = kernels[step.kernel]!;
      const { inputs, outputs, uniforms } = step;
      const flops = kernel.flops(uniforms);
      const copied = room || goesOn ? copiedBy(step, program) : null;
      const variant = variantOf(step, choice);
      // The earlier rows are no input: they lie there already, or in the earlier pass's own buffer.
      const read = copied ? { later: inputs.later! } : inputs;
      const halves = readsHalves(program, step);
      work.push({ kernel, variant, inputs: read, outputs, uniforms, flops, steps: 1, copied, halves });
    }
  }
  return work;
}
