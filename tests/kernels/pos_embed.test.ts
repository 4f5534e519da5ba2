import { expect, test } from 'vitest';
import { posEmbed } from '../../src/kernels/pos_embed';
import { numbers } from './numbers';
import { witness } from './witness';

test.each([
  [1, 1, 1],
  [3, 1, 35],
  [1, 997, 35],
  [65, 3, 63],
])('repeats the first rows for each of %i batch entries, %i positions, model %i', async (batch, pos, model) => {
  const n_ctx = pos + 5;
  const table = numbers(pos).around(0, n_ctx * model);
  expect(await witness(posEmbed, { batch, pos, model, n_ctx }, { table })).toBe(0);
});
