import { test } from 'vitest';
import { attnMix } from '../../src/kernels/attn_mix';
import { numbers } from './numbers';
import { witness } from './witness';

test.each([
  [1, 1, 1, 1, 1],
  [3, 5, 1, 1, 7],
  [2, 3, 63, 63, 7],
  [1, 5, 65, 65, 63],
  [1, 1, 257, 257, 3],
  [2, 3, 5, 9, 7],
])('%i batch entries, %i heads, %i queries, %i keys, d_head %i', async (batch, head, query, key, dim) => {
  const { around } = numbers(query);
  const inputs = { pattern: around(0.5, batch * head * query * key), v: around(-0.5, batch * key * head * dim, 3) };
  await witness(attnMix, { batch, head, query, key, dim }, inputs);
});
