import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import type { Kernel, Uniforms } from '../../src/kernels/kernel';
import { layernorm } from '../../src/kernels/layernorm';
import { lnAffine, lnDivide, lnScale } from '../../src/kernels/layernorm_parts';
import { normalize } from '../../src/kernels/normalize';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';
import { numbers, ODD_SIZES } from './numbers';
import { type Inputs, witness } from './witness';

const eps = Math.fround(1e-5);

describe.each([layernorm, normalize])('$name', (kernel) => {
  const run = (x: Float32Array, cols: number) => {
    const { around } = numbers(cols);
    const inputs: Inputs = { x, gain: around(1, cols), bias: around(0, cols) };
    return witness(kernel, { rows: x.length / cols, cols, eps }, inputs);
  };

  test.each(ODD_SIZES)('%i columns', async (cols) => {
    for (const rows of ODD_SIZES) await run(numbers(rows).around(0, rows * cols), cols);
  });

  test('997 tokens of a model of 35', async () => {
    await run(numbers(1).around(0.3, 997 * 35), 35);
  });

  test.each([1, 100, 1e4, -1e4])('small differences around %d', async (offset) => {
    for (const cols of [3, 35, 257]) await run(numbers(cols).around(offset, 3 * cols), cols);
  });

  test.each([0, 1, -7.3, 1e4])('all values of a row equal %d', async (value) => {
    for (const cols of [1, 35, 65]) await run(new Float32Array(3 * cols).fill(value), cols);
  });

  test('one value stands out by far', async () => {
    const x = numbers(2).around(0, 65);
    x[17] = 3000;
    await run(x, 65);
  });

  test('rows that are tiny against eps', async () => {
    await run(numbers(3).around(0, 3 * 35, 1e-6), 35);
  });
});

test('layernorm and normalize agree bit for bit on what both write', async () => {
  const gpu = Gpu.of(await testDevice());
  const { around } = numbers(4);
  const values = { rows: 65, cols: 35, eps };
  const inputs = { x: around(1, 65 * 35), gain: around(1, 35), bias: around(0, 35) };
  for (const [i, variant] of layernorm.variants.entries()) {
    const whole = await runKernel(gpu, layernorm, variant, values, inputs);
    const part = await runKernel(gpu, normalize, normalize.variants[i]!, values, inputs);
    expect(part.normalized).toEqual(whole.normalized);
    expect(part.scale).toEqual(whole.scale);
  }
});

describe.each([lnScale, lnDivide, lnAffine])('$name', (kernel) => {
  test.each(ODD_SIZES)('%i columns', async (cols) => {
    for (const rows of ODD_SIZES) {
      const { around } = numbers(rows);
      const x = around(5, rows * cols);
      const inputs = { x, normalized: x, scale: around(-1, rows, 0.1), gain: around(1, cols), bias: around(0, cols) };
      await witness(kernel, { rows, cols, eps }, inputs);
    }
  });

  test('small differences around 1e4, rows that are all equal', async () => {
    for (const x of [numbers(1).around(1e4, 3 * 65), new Float32Array(3 * 65).fill(-7.3)]) {
      const { around } = numbers(2);
      const inputs = { x, normalized: x, scale: around(0.01, 3, 0.001), gain: around(1, 65), bias: around(0, 65) };
      await witness(kernel, { rows: 3, cols: 65, eps }, inputs);
    }
  });
});

test('the three parts of layernorm give the bits of the whole', async () => {
  const gpu = Gpu.of(await testDevice());
  const run = (kernel: Kernel, i: number, values: Uniforms, inputs: Inputs) =>
    runKernel(gpu, kernel, kernel.variants[i] ?? kernel.variants[0], values, inputs);
  for (const cols of [1, 35, 257]) {
    const { around } = numbers(cols);
    const values = { rows: 65, cols, eps };
    const [x, gain, bias] = [around(3, 65 * cols), around(1, cols), around(0, cols)];
    for (const i of layernorm.variants.keys()) {
      const whole = await run(layernorm, i, values, { x, gain, bias });
      const { scale } = await run(lnScale, i, values, { x });
      const { normalized } = await run(lnDivide, i, values, { x, scale: scale! });
      const { out } = await run(lnAffine, i, values, { normalized: normalized!, gain, bias });
      expect({ scale, normalized, out }).toEqual(whole);
    }
  }
});
