/** A row comes out in the same bits whatever block it is computed in: alone, among a few, among many. */
import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { kernels } from '../../src/kernels';
import type { Fusion } from '../../src/kernels/fusion';
import { fusions } from '../../src/kernels/fusions';
import { type Kernel, type Port, portSize, type Uniforms, type Variant } from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';
import { numbers, threeParts } from './numbers';

const { around } = numbers(5);

/** With 70 rows, or queries, whose number `among` replaces. */
const sizes: Uniforms = {
  ...{ rows: 70, inner: 35, cols: 70, ...threeParts(35, 70) },
  ...{ batch: 1, head: 2, query: 70, key: 70, dim: 7, scale: 0.4, causal: 1 },
};
const among = (count: number): Uniforms => ({ ...sizes, rows: count, query: count });

/** The last `count` along the axis of rows or queries, all of a port that has no such axis. */
function last(count: number, port: Port, values: Float32Array): Float32Array {
  const axis = port.shape.findIndex((name) => name === 'rows' || name === 'query');
  if (axis < 0) return values;
  const [lines, inner] = [
    sizes[port.shape[axis]!]!,
    port.shape.slice(axis + 1).reduce((n, name) => n * sizes[name]!, 1),
  ];
  return values.filter((_, i) => Math.floor(i / inner) % lines >= lines - count);
}

const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

type Either = Kernel | Fusion;
const all = [...Object.values<Either>(kernels), ...Object.values(fusions)];
const withBlocks = all.flatMap((kernel) => {
  return kernel.variants
    .filter(({ sized }) => sized)
    .map((variant): [string, Either, Variant] => [kernel.name, kernel, variant]);
});

test('products and attention have shaders whose blocks depend on the sizes', () => {
  const names = withBlocks.map(([name]) => name);
  const fused = Object.keys(fusions).filter((name) => name !== 'extend_attention'); // which copies
  for (const name of ['matmul', 'unembed', 'attn_scores', 'attn_mix', ...fused]) expect(names).toContain(name);
});

describe.each(withBlocks)('%s', (_, kernel, variant) => {
  test.each([1, 4, 29])('the last %i of 70 rows alone', async (count) => {
    const gpu = Gpu.of(await testDevice());
    expect(variant.sized!(among(1))).not.toEqual(variant.sized!(sizes));
    const reads = kernel.ports.filter(({ access }) => access === 'read');
    const inputs = Object.fromEntries(reads.map((port) => [port.name, around(0, portSize(port, sizes))]));
    const fewer = Object.fromEntries(reads.map((port) => [port.name, last(count, port, inputs[port.name]!)]));
    const whole = await runKernel(gpu, kernel, variant, sizes, inputs);
    const alone = await runKernel(gpu, kernel, variant, among(count), fewer);
    for (const port of kernel.ports.filter(({ access }) => access === 'write')) {
      const expected = last(count, port, whole[port.name]!);
      expect(
        expected.some((value) => value !== 0),
        port.name,
      ).toBe(true);
      expect(bits(alone[port.name]!), port.name).toEqual(bits(expected));
    }
  });
});
