import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { kernels } from '../kernels';
import { type Kernel, portSize, type Variant } from '../kernels/kernel';
import type { Step } from '../program/program';
import { packUniforms, pipelineSpec } from './dispatch';

/** Which shader of a kernel to run on this device. */
export type VariantChoice = (kernel: Kernel) => Variant;

/**
 * The shader that a step runs: the one that it names, of those of its kernel and the one chosen here.
 *
 * @throws `program-invalid` for a name that is none of them
 */
export function variantOf(step: Step, choice: VariantChoice): Variant {
  const kernel = kernels[step.kernel]!;
  const chosen = choice(kernel);
  if (step.variant === undefined || step.variant === chosen.name) return chosen;
  const named = kernel.variants.find(({ name }) => name === step.variant);
  if (named) return named;
  const names = [...new Set([...kernel.variants, chosen].map(({ name }) => name))].join(', ');
  throw new FluoroscopeError(
    'program-invalid',
    `${Object.values(step.outputs)[0]}: ${step.kernel} has no shader named ${step.variant}. There are ${names}.`,
  );
}

/** Sizes to measure at; the first at which the fastest shader takes long enough to be timed decides. */
const SIZES = [128, 512, 1024, 2048];
const LONG_ENOUGH_MS = 2;

const choices = new WeakMap<Gpu, Promise<VariantChoice>>();

/**
 * Measures the product of matrices, once per device, and takes the fastest of its shaders. Another kernel runs its shader of
 * the same name, which does the same to be fast, or its clear one.
 */
export function chooseVariants(gpu: Gpu): Promise<VariantChoice> {
  let choice = choices.get(gpu);
  if (!choice) {
    choices.set(gpu, (choice = measured(gpu)));
    choice.catch(() => choices.delete(gpu));
  }
  return choice;
}

async function measured(gpu: Gpu): Promise<VariantChoice> {
  const fastest = await measure(gpu, kernels.matmul!);
  return ({ variants }) => variants.find(({ name }) => name === fastest.name) ?? variants[0];
}

/** At each size those that take more than twice the least time are out, so that slow ones cost little. */
async function measure(gpu: Gpu, kernel: Kernel): Promise<Variant> {
  let candidates: readonly Variant[] = kernel.variants.filter(
    ({ feature }) => !feature || gpu.device.features.has(feature),
  );
  await Promise.all(candidates.map((variant) => gpu.pipelines.get(pipelineSpec(kernel, variant))));
  for (const size of SIZES) {
    const times: number[] = [];
    for (const variant of candidates) times.push(await time(gpu, kernel, variant, size));
    const least = Math.min(...times);
    const fastest = candidates[times.indexOf(least)]!;
    candidates = [fastest, ...candidates.filter((variant, i) => variant !== fastest && times[i]! <= 2 * least)];
    if (candidates.length === 1 || least >= LONG_ENOUGH_MS) break;
  }
  return candidates[0]!;
}

/** Milliseconds of one dispatch with every dimension `size`: the best of three after one to warm up. */
async function time(gpu: Gpu, kernel: Kernel, variant: Variant, size: number): Promise<number> {
  const values = Object.fromEntries(kernel.uniforms.map(({ name }) => [name, size]));
  const { pipeline, layout } = await gpu.pipelines.get(pipelineSpec(kernel, variant));
  const { COPY_DST, STORAGE, UNIFORM } = GPUBufferUsage;
  const packed = packUniforms(kernel, values);
  const uniform = gpu.createBuffer('uniforms', packed.byteLength, UNIFORM | COPY_DST);
  gpu.device.queue.writeBuffer(uniform, 0, packed);
  const buffers = [
    uniform,
    ...kernel.ports.map((port) => gpu.createBuffer(port.name, 4 * portSize(port, values), STORAGE)),
  ];
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = gpu.device.createBindGroup({ layout, entries });
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    const encoder = gpu.device.createCommandEncoder({ label: 'measure' });
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...variant.workgroups(values));
    pass.end();
    const start = performance.now();
    gpu.submit(encoder);
    await gpu.device.queue.onSubmittedWorkDone();
    if (round > 0) best = Math.min(best, performance.now() - start);
  }
  for (const buffer of buffers) gpu.destroyBuffer(buffer);
  return best;
}
