import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { kernels } from '../kernels';
import { type Kernel, portSize, type Variant } from '../kernels/kernel';
import type { ForwardProgram, Step } from '../program/program';
import { packUniforms, pipelineSpec } from './dispatch';
import { remember, remembered } from './remembered';

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

/**
 * The same program, each step with the name of the shader that runs it here; a name that it has already stays.
 *
 * @throws `program-invalid` for a name that no shader of its kernel has
 */
export function withVariants(program: ForwardProgram, choice: VariantChoice): ForwardProgram {
  const named = (step: Step): Step => ({ ...step, variant: variantOf(step, choice).name });
  return { ...program, steps: program.steps.map(named), derived: program.derived.map(named) };
}

/** Sizes to measure at; the first at which the fastest shader takes long enough to be timed decides. */
const SIZES = [128, 256, 512, 1024, 2048];
const LONG_ENOUGH_MS = 5;
const ROUNDS = 4;

const choices = new WeakMap<Gpu, Promise<VariantChoice>>();

/**
 * Measures the product of matrices, once per device, and takes the fastest of its shaders. Another kernel runs its shader of
 * the same name, which does the same to be fast, or its clear one. A page's storage keeps the name for the next visit with
 * this adapter and these shaders.
 *
 * @throws `device-lost`, and then nothing is kept: another device is measured anew
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
  const candidates = kernels.matmul!.variants.filter(({ feature }) => !feature || gpu.device.features.has(feature));
  const key = choiceKey(gpu.adapterName, candidates);
  const last = remembered(key);
  const kept = candidates.find(({ name }) => name === last);
  const { name: fastest } = kept ?? (await measure(gpu, kernels.matmul!, candidates.filter(worthwhile(gpu))));
  if (!kept) remember(key, fastest);
  return ({ variants }) => variants.find(({ name }) => name === fastest) ?? variants[0];
}

/**
 * Where the adapter is software, barriers are emulated: a shader that has them compiles for more than a second, which the
 * first visit would wait for, and takes twice as long as others without.
 */
function worthwhile({ device }: Gpu): (variant: Variant) => boolean {
  return ({ code }) => !device.adapterInfo.isFallbackAdapter || !code.includes('workgroupBarrier');
}

/** Changes with the adapter, and with any of the shaders' texts (FNV-1a). */
export function choiceKey(adapter: string, candidates: readonly Variant[]): string {
  let hash = 0x811c9dc5;
  for (const char of candidates.map(({ code }) => code).join()) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return `fastest product on ${adapter}, ${hash.toString(16)}`;
}

/** At each size those that take more than twice the least time are out, so that slow ones cost little. */
async function measure(gpu: Gpu, kernel: Kernel, variants: readonly Variant[]): Promise<Variant> {
  let candidates = variants;
  for (const size of SIZES) {
    const times = await leastTimes(gpu, kernel, candidates, size);
    const least = Math.min(...times);
    const fastest = candidates[times.indexOf(least)]!;
    candidates = [fastest, ...candidates.filter((variant, i) => variant !== fastest && times[i]! <= 2 * least)];
    if (candidates.length === 1 || least >= LONG_ENOUGH_MS) break;
  }
  return candidates[0]!;
}

/** Milliseconds of one dispatch of each with every dimension `size`: the best of some rounds in turn, after one to warm up. */
async function leastTimes(
  gpu: Gpu,
  kernel: Kernel,
  variants: readonly Variant[],
  size: number,
): Promise<readonly number[]> {
  const values = Object.fromEntries(kernel.uniforms.map(({ name }) => [name, size]));
  const specs = variants.map((variant) => pipelineSpec(kernel, variant, values));
  const pipelines = await Promise.all(specs.map((spec) => gpu.pipelines.get(spec)));
  const { COPY_DST, STORAGE, UNIFORM } = GPUBufferUsage;
  const packed = packUniforms(kernel, values);
  const buffers: GPUBuffer[] = [];
  try {
    buffers.push(gpu.createBuffer('uniforms', packed.byteLength, UNIFORM | COPY_DST));
    gpu.device.queue.writeBuffer(buffers[0]!, 0, packed);
    for (const port of kernel.ports) buffers.push(gpu.createBuffer(port.name, 4 * portSize(port, values), STORAGE));
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const least = variants.map(() => Infinity);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [i, { pipeline, layout }] of pipelines.entries()) {
        const encoder = gpu.device.createCommandEncoder({ label: 'measure' });
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, gpu.device.createBindGroup({ layout, entries }));
        pass.dispatchWorkgroups(...variants[i]!.workgroups(values));
        pass.end();
        const start = performance.now();
        gpu.submit(encoder);
        await gpu.settled();
        if (round >= 0) least[i] = Math.min(least[i]!, performance.now() - start);
      }
    }
    return least;
  } finally {
    for (const buffer of buffers) gpu.destroyBuffer(buffer);
  }
}
