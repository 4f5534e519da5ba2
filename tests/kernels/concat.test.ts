import { expect, test } from 'vitest';
import { concat } from '../../src/kernels/concat';
import { numbers } from './numbers';
import { witness } from './witness';

test.each([
  [1, 1, 1],
  [3, 63, 1],
  [65, 1, 257],
  [7, 65, 63],
])('joins %i rows of %i and %i columns', async (rows, left_cols, right_cols) => {
  const { around } = numbers(rows);
  const inputs = { left: around(0, rows * left_cols), right: around(9, rows * right_cols) };
  expect(await witness(concat, { rows, left_cols, right_cols, cols: left_cols + right_cols }, inputs)).toBe(0);
});
