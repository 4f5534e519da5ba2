import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gelu, geluNew, relu, silu } from '../../src/kernels/activations';
import { erfc } from '../../src/kernels/erfc';
import { HOSTILE, numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

describe.each([relu, gelu, geluNew, silu])('$name', (kernel) => {
  const run = (x: Float32Array) => witness(kernel, { size: x.length }, { x });

  test.each(ODD_SIZES)('%i values', async (size) => {
    await run(numbers(size).around(0, size, 3));
  });

  test('hostile values', async () => {
    await run(Float32Array.of(...HOSTILE));
  });

  test('a fine grid from -110 to 110', async () => {
    await run(Float32Array.from({ length: 220_001 }, (_, i) => i / 1000 - 110));
  });

  test('any number up to a million', async () => {
    const value = fc.float({ noNaN: true, min: -1e6, max: 1e6 });
    const property = fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 500 }), async (list) => {
      await run(Float32Array.from(list));
    });
    await fc.assert(property, { seed: 1, numRuns: 30 });
  });
});

// scipy.special.erfc
test.each([
  [0, 1],
  [0.5, 0.4795001221869535],
  [-1, 1.842700792949715],
  [2.4999, 4.071699003334512e-4],
  [2.5, 4.069520174449589e-4],
  [9, 4.13703174651381e-37],
])('erfc(%d)', (z, expected) => {
  expect(Math.abs(erfc(z) / expected - 1)).toBeLessThan(2e-12);
});
