import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add } from '../../src/kernels/add';
import { numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

test.each(ODD_SIZES)('adds %i values', async (size) => {
  const { around } = numbers(size);
  expect(await witness(add, { size }, { a: around(1e4, size), b: around(-1e4, size) })).toBeLessThanOrEqual(0.5);
});

test('adds 4,300,001 values: more workgroups than one dimension holds', async () => {
  const size = 4_300_001;
  expect(add.variants[0].workgroups({ size })[1]).toBe(2);
  const { around } = numbers(1);
  const [a, b] = [around(0, 65_537), around(0, 65_539)];
  const repeat = (values: Float32Array) => Float32Array.from({ length: size }, (_, i) => values[i % values.length]!);
  await witness(add, { size }, { a: repeat(a), b: repeat(b) });
});

test('adds any two finite numbers', async () => {
  const half = fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 126), max: 2 ** 126 });
  const pairs = fc.array(fc.tuple(half, half), { minLength: 1, maxLength: 200 });
  const property = fc.asyncProperty(pairs, async (list) => {
    const a = Float32Array.from(list, ([left]) => left);
    const b = Float32Array.from(list, ([, right]) => right);
    await witness(add, { size: list.length }, { a, b });
  });
  await fc.assert(property, { seed: 1, numRuns: 30 });
});
