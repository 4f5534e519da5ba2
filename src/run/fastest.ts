/** Which of a kernel's shaders is the fastest on a device, measured. */
import type { Gpu } from '../gpu/gpu';
import { type Kernel, portSize, type Variant } from '../kernels/kernel';
import { packUniforms, pipelineSpec } from './dispatch';

/** Sizes to measure at; the first at which the fastest shader takes long enough to be timed decides. */
const SIZES = [128, 256, 512, 1024, 2048];
const LONG_ENOUGH_MS = 5;
const ROUNDS = 4;

/** At each size those that take more than twice the least time are out, so that slow ones cost little. */
export async function fastestOf(gpu: Gpu, kernel: Kernel, variants: readonly Variant[]): Promise<Variant> {
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
