import fc from 'fast-check';
import { describe, test } from 'vitest';
import { matmul, unembed } from '../../src/kernels/matmul';
import { numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

describe.each([matmul, unembed])('$name, all variants', (kernel) => {
  const run = (rows: number, inner: number, cols: number, offset = 0) => {
    const { around } = numbers(rows + inner + cols);
    const inputs = { x: around(offset, rows * inner), w: around(offset, inner * cols), bias: around(3, cols) };
    return witness(kernel, { rows, inner, cols }, inputs);
  };

  // A Latin square: each pair of sizes occurs once, whichever two of the three dimensions one looks at.
  test.each([...ODD_SIZES.entries()])('odd sizes, square row %i: %i rows', async (i, rows) => {
    for (const [j, inner] of ODD_SIZES.entries()) await run(rows, inner, ODD_SIZES[(i + j) % ODD_SIZES.length]!);
  });

  test('997 tokens, a model of 35, a neuron row of 65', async () => {
    await run(997, 35, 65);
  });

  test('a vector against many columns', async () => {
    await run(1, 35, 4099);
  });

  test('sums that nothing cancels', async () => {
    await run(9, 1027, 17, 100);
  });

  test('any small sizes', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    const property = fc.asyncProperty(size, size, size, async (rows, inner, cols) => {
      await run(rows, inner, cols);
    });
    await fc.assert(property, { seed: 1, numRuns: 40 });
  });
});
