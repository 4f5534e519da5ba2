import { test } from 'vitest';
import { headResult } from '../../src/kernels/head_result';
import { numbers } from './numbers';
import { witness } from './witness';

test.each([
  [1, 1, 1, 1],
  [1, 5, 7, 35],
  [65, 3, 63, 3],
  [257, 5, 7, 35],
])('%i rows, %i heads of %i, model %i', async (rows, head, dim, model) => {
  const { around } = numbers(rows);
  const inputs = { z: around(0, rows * head * dim), w: around(0, head * dim * model) };
  await witness(headResult, { rows, head, dim, model }, inputs);
});
