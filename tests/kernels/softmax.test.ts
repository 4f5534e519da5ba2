import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { softmax } from '../../src/kernels/softmax';
import { runKernel } from '../../src/run/run-kernel';
import { MASKED } from '../../src/tensor/masked';
import { testDevice } from '../harness/device';
import { HOSTILE, numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

const run = (x: Float32Array, cols: number) => witness(softmax, { rows: x.length / cols, cols }, { x });

test.each(ODD_SIZES)('%i columns', async (cols) => {
  for (const rows of ODD_SIZES) await run(numbers(rows).around(0, rows * cols, 5), cols);
});

describe('rows that break a careless softmax', () => {
  test.each([-100, 100, 1e4, -1e4, -1e30, 1e30])('around %d', async (offset) => {
    await run(numbers(1).around(offset, 3 * 65), 65);
  });

  test.each([0, -100, MASKED, 3e38])('all values equal %d', async (value) => {
    await run(new Float32Array(3 * 65).fill(value), 65);
  });

  test('masked keys', async () => {
    const size = 65;
    const x = numbers(2).around(-3, size * size, 4);
    const causal = x.map((value, i) => (i % size > Math.floor(i / size) ? MASKED : value));
    await run(causal, size);
  });

  test('one element, however large', async () => {
    expect(await run(Float32Array.of(...HOSTILE, MASKED), 1)).toBe(0);
  });

  test('values so far apart that exp underflows', async () => {
    const steps = Float32Array.from({ length: 257 }, (_, i) => -86.5 - i / 128);
    steps[100] = 0;
    await run(steps, 257);
    await run(Float32Array.of(...HOSTILE, 7), HOSTILE.length + 1);
  });
});

test('each row adds up to 1', async () => {
  const gpu = Gpu.of(await testDevice());
  const value = fc.float({ noNaN: true, min: Math.fround(-1e30), max: 1000 });
  const property = fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 70 }), async (row) => {
    const values = { rows: 1, cols: row.length };
    const { y } = await runKernel(gpu, softmax, softmax.variants[0], values, { x: Float32Array.from(row) });
    const total = y!.reduce((sum, probability) => sum + probability, 0);
    expect(Math.abs(total - 1)).toBeLessThan(1e-5);
    await run(Float32Array.from(row), row.length);
  });
  await fc.assert(property, { seed: 1, numRuns: 40 });
});
