import type { Gpu } from '../gpu/gpu';
import { kernels } from '../kernels';
import type { Variant } from '../kernels/kernel';
import { type ForwardProgram, readsHalves, type Step } from '../program/program';
import { type Encode, GpuClock, MOST_TIMED, QueueClock } from './clocks';
import { type StepCost, stepCost } from './cost';
import { packUniforms, pipelineSpec, portBytes } from './dispatch';
import type { Home } from './gpu-weights';
import { type VariantChoice, variantOf } from './variants';

export interface StepProfile extends StepCost {
  readonly step: number;
  readonly kernel: string;
  readonly variant: string;
  /** Milliseconds over the rounds. */
  readonly medianMs: number;
  readonly leastMs: number;
}

export interface Profile {
  /**
   * `timestamp-query`: the GPU's clock, at the start and the end of the step's own pass. `queue`: this page's clock, from
   * the submit of the step alone until its work is done; that holds the way to the GPU and back, `overheadMs`.
   */
  readonly source: 'timestamp-query' | 'queue';
  /** The least difference that the clock can show, as measured: what is below it reads as 0 or as 1 of it. Milliseconds. */
  readonly quantumMs: number;
  /** Median of an empty pass timed in the same way, milliseconds. It is not subtracted. */
  readonly overheadMs: number;
  readonly rounds: number;
  readonly adapter: string;
  readonly steps: readonly StepProfile[];
}

export interface ProfileOptions {
  /** Measured rounds, after one that is not; 5 unless given. */
  readonly rounds?: number;
  /** Indices of the steps to time; all unless given. */
  readonly steps?: readonly number[];
  readonly signal?: AbortSignal;
}

const ROUNDS = 5;

/**
 * Times the steps of a pass that has just run, each in a pass of its own, round after round. They write again what their
 * buffers hold already.
 *
 * @param home of a tensor: every one of the pass has its own
 * @param choice the shaders that run here
 */
export async function profileSteps(
  gpu: Gpu,
  program: ForwardProgram,
  home: (name: string) => Home,
  choice: VariantChoice,
  { rounds = ROUNDS, steps = program.steps.map((_, i) => i), signal }: ProfileOptions = {},
): Promise<Profile> {
  const uniforms: GPUBuffer[] = [];
  try {
    const dispatches: Encode[] = [() => undefined];
    for (const index of steps) {
      const step = program.steps[index]!;
      const halves = readsHalves(program, step);
      dispatches.push(await dispatchOf(gpu, step, halves, variantOf(step, choice), home, uniforms));
    }
    const stamped = gpu.device.features.has('timestamp-query') && dispatches.length <= MOST_TIMED;
    const clock = stamped ? new GpuClock(gpu, dispatches.length) : new QueueClock(gpu);
    const times: number[][] = dispatches.map(() => []);
    try {
      for (let round = -1; round < rounds; round++) {
        signal?.throwIfAborted();
        const taken = await clock.time(dispatches);
        if (round >= 0) for (const [i, ms] of taken.entries()) times[i]!.push(ms);
      }
      const [empty, ...measured] = times as [number[], ...number[][]];
      return {
        source: clock.source,
        quantumMs: clock.quantumMs(),
        overheadMs: median(empty),
        rounds,
        adapter: gpu.adapterName,
        steps: steps.map((index, i) => {
          const step = program.steps[index]!;
          const [medianMs, leastMs] = [median(measured[i]!), Math.min(...measured[i]!)];
          return {
            step: index,
            kernel: step.kernel,
            variant: variantOf(step, choice).name,
            medianMs,
            leastMs,
            ...stepCost(step, program.tensors),
          };
        }),
      };
    } finally {
      clock.dispose();
    }
  } finally {
    for (const one of uniforms) gpu.destroyBuffer(one);
  }
}

async function dispatchOf(
  gpu: Gpu,
  step: Step,
  halves: boolean,
  variant: Variant,
  home: (name: string) => Home,
  uniforms: GPUBuffer[],
): Promise<Encode> {
  const kernel = kernels[step.kernel]!;
  const { pipeline, layout } = await gpu.pipelines.get(pipelineSpec(kernel, variant, step.uniforms, halves));
  const packed = packUniforms(kernel, step.uniforms);
  const uniform = gpu.createBuffer('uniforms', packed.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  uniforms.push(uniform);
  gpu.device.queue.writeBuffer(uniform, 0, packed);
  const sizes = portBytes(kernel, step.uniforms, halves);
  const ports = kernel.ports.map(({ name, access }, i) => {
    const resource = { ...home((access === 'read' ? step.inputs : step.outputs)[name]!), size: sizes[i]! };
    return { binding: i + 1, resource };
  });
  const entries = [{ binding: 0, resource: { buffer: uniform } }, ...ports];
  const group = gpu.device.createBindGroup({ label: step.kernel, layout, entries });
  const workgroups = variant.workgroups(step.uniforms);
  return (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
