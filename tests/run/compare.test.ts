import { expect, test } from 'vitest';
import { compare } from '../../src/run/check-steps';

test('a NaN is the worst value, and stays the largest error', () => {
  const worst = compare([5, Number.NaN, 1], new Float64Array(3), Float64Array.of(10, 10, 10));
  expect(worst).toMatchObject({ offset: 1, ok: false, ratio: Infinity, maxError: Number.NaN });
});

test('what is beyond its bound is a miss, equal infinities are not', () => {
  const bounds = Float64Array.of(1, 1, 0);
  expect(compare([Infinity, 2, 3], Float64Array.of(Infinity, 2.5, 3), bounds)).toMatchObject({ ok: true, offset: 1 });
  expect(compare([0, 2, 3], Float64Array.of(0, 3.5, 3), bounds)).toMatchObject({ ok: false, offset: 1, ratio: 1.5 });
  expect(compare([0, 2], Float64Array.of(0, 2, 3), bounds).ok).toBe(false);
  expect(compare([Number.NaN], Float64Array.of(Number.NaN), Float64Array.of(Number.NaN))).toMatchObject({
    ok: false,
    error: Number.NaN,
    ratio: Infinity,
  });
});
