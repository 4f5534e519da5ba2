import type { Gpu } from '../src/gpu/gpu';
import type { Kernel, Uniforms, Variant } from '../src/kernels/kernel';
import { matmul, unembed } from '../src/kernels/matmul';
import { type Bindings, packUniforms, pipelineSpec, portBytes } from '../src/run/dispatch';
import { interleaved, type Times } from './timing';

export interface MatmulReport {
  readonly kernel: string;
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly variants: readonly (Times & {
    readonly name: string;
    /** From the median. */
    readonly gflops: number;
    /** How many times as fast as the clear kernel, by medians. */
    readonly speedup: number;
  })[];
}

type Shape = readonly [kernel: Kernel, rows: number, inner: number, cols: number];

const SHAPES: readonly Shape[] = [
  [matmul, 256, 256, 256],
  [matmul, 512, 512, 512],
  // GPT-2 small at 64 tokens: attention, into and out of the neurons.
  [matmul, 64, 768, 768],
  [matmul, 64, 768, 3072],
  [matmul, 64, 3072, 768],
];
/** GPT-2's logits, and a part of them where the whole takes the clear kernel too long or does not fit a binding. */
const LOGITS: readonly [whole: Shape, part: Shape] = [
  [unembed, 64, 768, 50257],
  [unembed, 64, 768, 4096],
];
const TOO_LONG_MS = 2000;

const ROUNDS = 5;
/** A measurement repeats its dispatch until it takes about this long. */
const LEAST_MS = 40;
const MOST_REPEATS = 256;
/** Submits per measurement, where it repeats. */
const SUBMITS = 4;

export async function measureMatmuls(gpu: Gpu, report: (line: string) => void): Promise<MatmulReport[]> {
  const reports: MatmulReport[] = [];
  const shape = async (entry: Shape) => {
    report(`measuring ${entry[0].name} ${entry.slice(1).join('×')}`);
    reports.push(await measureShape(gpu, entry));
  };
  for (const entry of SHAPES) await shape(entry);
  const [whole, part] = LOGITS;
  const [, rows, inner, cols] = whole;
  const { gflops } = reports.at(-1)!.variants[0]!;
  const expectedMs = (2 * rows * inner * cols) / (gflops * 1e6);
  const fits = 4 * inner * cols <= gpu.device.limits.maxStorageBufferBindingSize;
  await shape(fits && expectedMs < TOO_LONG_MS ? whole : part);
  return reports;
}

/** Milliseconds of one dispatch of each. @param halves whether the weight has two f16 in each word */
export async function timeVariants(
  gpu: Gpu,
  kernel: Bindings,
  variants: readonly Variant[],
  values: Uniforms,
  halves = false,
): Promise<Times[]> {
  const { COPY_DST, STORAGE, UNIFORM } = GPUBufferUsage;
  const bytes = portBytes(kernel, values, halves);
  const packed = packUniforms(kernel, values);
  const uniform = gpu.createBuffer('uniforms', packed.byteLength, UNIFORM | COPY_DST);
  gpu.device.queue.writeBuffer(uniform, 0, packed);
  const ports = kernel.ports.map((port, i) => {
    const buffer = gpu.createBuffer(port.name, bytes[i]!, STORAGE | COPY_DST);
    if (port.access === 'read') gpu.device.queue.writeBuffer(buffer, 0, noise(bytes[i]! / 4));
    return buffer;
  });
  const buffers = [uniform, ...ports];
  const runs = await Promise.all(variants.map((variant) => dispatcher(gpu, kernel, variant, values, buffers, halves)));
  const repeats: number[] = [];
  for (const run of runs) {
    await run(1); // compiles and warms up
    const start = performance.now();
    await run(1);
    const wanted = Math.ceil(LEAST_MS / (performance.now() - start));
    repeats.push(wanted === 1 ? 1 : Math.min(MOST_REPEATS, SUBMITS * Math.ceil(wanted / SUBMITS)));
  }
  const things = runs.map((run, i) => () => run(repeats[i]!));
  const times = await interleaved(things, ROUNDS, repeats);
  for (const buffer of buffers) gpu.destroyBuffer(buffer);
  return times;
}

async function measureShape(gpu: Gpu, [kernel, rows, inner, cols]: Shape): Promise<MatmulReport> {
  const values = { rows, inner, cols };
  const times = await timeVariants(gpu, kernel, kernel.variants, values);
  const flops = kernel.flops(values);
  return {
    kernel: kernel.name,
    rows,
    inner,
    cols,
    variants: times.map((time, i) => ({
      name: kernel.variants[i]!.name,
      ...time,
      gflops: flops / (time.medianMs * 1e6),
      speedup: times[0]!.medianMs / time.medianMs,
    })),
  };
}

/** A function that dispatches the kernel some times, in several submits, and waits for the last. */
async function dispatcher(
  gpu: Gpu,
  kernel: Bindings,
  variant: Variant,
  values: Uniforms,
  buffers: readonly GPUBuffer[],
  halves: boolean,
): Promise<(repeats: number) => Promise<void>> {
  const { device } = gpu;
  const { pipeline, layout } = await gpu.pipelines.get(pipelineSpec(kernel, variant, values, halves));
  const group = device.createBindGroup({
    layout,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return async (repeats) => {
    const submits = Math.min(SUBMITS, repeats);
    for (let submit = 0; submit < submits; submit++) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < repeats / submits; i++) pass.dispatchWorkgroups(...variant.workgroups(values));
      pass.end();
      gpu.submit(encoder);
    }
    await device.queue.onSubmittedWorkDone();
  };
}

/** Numbers in [-1, 1) that no hardware can shortcut, the same every time. */
function noise(length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = state / 2 ** 31;
  }
  return values;
}
