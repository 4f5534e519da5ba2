/**
 * How near the kernels come to what the device can do: its ceilings, measured in the same run, then products, rows times
 * matrices and whole passes as shares of them.
 */
import type { Task } from '../../src/cli/task';
import { Gpu } from '../../src/gpu/gpu';
import { type Kernel, type Uniforms, uniforms, type Variant, write } from '../../src/kernels/kernel';
import { matmul, unembed } from '../../src/kernels/matmul';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { Precision } from '../../src/model/weight-table';
import { fuse } from '../../src/program/fuse';
import { dispatchCosts } from '../../src/run/cost';
import { portBytes } from '../../src/run/dispatch';
import { chooseVariants } from '../../src/run/variants';
import { timeVariants } from '../matmul';
import { directory } from '../peers/directory';
import { makeWeights, type Shape } from '../peers/shapes';
import { interleaved, type Times } from '../timing';
import code from './fma.wgsl?raw';
import { leastMs } from './least';
import type { PassTime, Product, RooflineReport } from './report';

export interface RooflineRequest {
  /** Side of each square product. */
  readonly squares: readonly number[];
  readonly shape: Shape;
  /** Lengths of the prompts. */
  readonly tokens: readonly number[];
  /** Bytes that the copy moves: more than the device caches. */
  readonly copyBytes: number;
  /** Multiply-adds of one measurement of arithmetic alone, in units of 2²⁰. */
  readonly arithmetic: number;
}

const ROUNDS = 5;

export const roofline: Task<RooflineRequest, RooflineReport> = async ({ device, request, report }) => {
  const gpu = Gpu.of(device);
  const { squares, shape, tokens, copyBytes, arithmetic } = request;
  report('measuring the copy');
  const copy = await measureCopy(gpu, copyBytes);
  report('measuring arithmetic alone');
  const peak = await measureArithmetic(gpu, arithmetic);
  const choice = await chooseVariants(gpu);
  const products: Product[] = [];
  for (const size of squares) {
    report(`multiplying ${size}×${size}`);
    const able = matmul.variants.filter(({ name, feature }) => {
      return (name !== 'clear' || size <= 512) && (!feature || device.features.has(feature));
    });
    products.push(...(await timed(gpu, matmul, able, { rows: size, inner: size, cols: size }, 'f32')));
  }
  const vectors: Product[] = [];
  const { width, vocab } = shape;
  for (const precision of ['f32', 'f16'] as const) {
    for (const [kernel, inner, cols] of [
      [matmul, width, width],
      [matmul, width, 4 * width],
      [matmul, 4 * width, width],
      [unembed, width, vocab],
    ] as const) {
      const u = { rows: 1, inner, cols };
      const largest = Math.max(...portBytes(kernel, u, precision === 'f16'));
      if (largest > device.limits.maxStorageBufferBindingSize) continue;
      report(`a row times ${inner}×${cols}, ${precision}`);
      vectors.push(...(await timed(gpu, kernel, [choice(kernel)], u, precision)));
    }
  }
  const ceilings = { copy, arithmetic: peak, product: Math.max(...products.map(({ gflops }) => gflops)) };
  const passes: PassTime[] = [];
  const longest = { ...shape, tokens: Math.max(...tokens) };
  report(`making the weights of ${shape.name}`);
  const files = directory({ shape: longest, weights: makeWeights(longest) });
  for (const precision of ['f32', 'f16'] as const) {
    const model = await loadModel(files, { device, precision });
    for (const count of tokens) {
      report(`${shape.name}, ${precision}, ${count} tokens`);
      passes.push(await measurePass(device, model, { shape: shape.name, precision, tokens: count }, ceilings));
    }
    model.dispose();
  }
  const result = { adapter: gpu.adapterName, ceilings, products, chosen: choice(matmul).name, vectors, passes };
  return { result };
};

async function timed(
  gpu: Gpu,
  kernel: Kernel,
  variants: readonly Variant[],
  u: Uniforms & Record<'rows' | 'inner' | 'cols', number>,
  precision: Precision,
): Promise<Product[]> {
  const halves = precision === 'f16';
  const times = await timeVariants(gpu, kernel, variants, u, halves);
  const bytes = portBytes(kernel, u, halves).reduce((sum, size) => sum + size);
  return times.map(({ minMs: ms }, i) => {
    const [gflops, gbytes] = [kernel.flops(u) / (ms * 1e6), bytes / (ms * 1e6)];
    const { rows, inner, cols } = u;
    return { kernel: kernel.name, rows, inner, cols, precision, variant: variants[i]!.name, ms, gflops, gbytes };
  });
}

/** @returns 10⁹ bytes a second, those read and those written */
async function measureCopy(gpu: Gpu, bytes: number): Promise<number> {
  const { COPY_DST, COPY_SRC } = GPUBufferUsage;
  const [from, to] = [0, 1].map((i) => gpu.createBuffer(`copy ${i}`, bytes, COPY_SRC | COPY_DST)) as [
    GPUBuffer,
    GPUBuffer,
  ];
  const repeats = 8;
  const run = async () => {
    const encoder = gpu.device.createCommandEncoder();
    for (let i = 0; i < repeats; i++) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    gpu.submit(encoder);
    await gpu.device.queue.onSubmittedWorkDone();
  };
  const [{ minMs }] = (await interleaved([run], ROUNDS, [repeats])) as [Times];
  for (const buffer of [from, to]) gpu.destroyBuffer(buffer);
  return (2 * bytes) / (minMs * 1e6);
}

/** @returns 10⁹ operations a second, a multiply-add counted as two */
async function measureArithmetic(gpu: Gpu, mega: number): Promise<number> {
  const size = 2 ** 16;
  const steps = Math.ceil((mega * 2 ** 20) / (32 * size));
  const chains: Variant = { name: 'fma', code, workgroups: (u) => [Math.ceil(u.size! / 256), 1, 1] };
  const kernel = { name: 'fma', uniforms: uniforms('size', 'steps'), ports: [write('y', ['size'])] };
  const [{ minMs }] = (await timeVariants(gpu, kernel, [chains], { size, steps })) as [Times];
  return (64 * size * steps) / (minMs * 1e6);
}

async function measurePass(
  device: GPUDevice,
  model: Model,
  what: Pick<PassTime, 'shape' | 'precision' | 'tokens'>,
  ceilings: RooflineReport['ceilings'],
): Promise<PassTime> {
  const ids = Array.from({ length: what.tokens }, (_, pos) => (pos * 37 + 11) % model.config.d_vocab);
  const run = async () => {
    const trace = await model.run(ids);
    await device.queue.onSubmittedWorkDone();
    trace.dispose();
  };
  const [{ minMs: ms }] = (await interleaved([run], ROUNDS)) as [Times];
  const program = fuse(model.program(1, what.tokens));
  return { ...what, ms, rooflineMs: leastMs(dispatchCosts(program), ceilings) };
}
