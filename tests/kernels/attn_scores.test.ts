import { expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { attnScores } from '../../src/kernels/attn_scores';
import { runKernel } from '../../src/run/run-kernel';
import { MASKED } from '../../src/tensor/masked';
import { testDevice } from '../harness/device';
import { numbers } from './numbers';
import { witness } from './witness';

function example(batch: number, head: number, pos: number, dim: number) {
  const { around } = numbers(pos);
  const size = batch * pos * head * dim;
  const values = { batch, head, query: pos, key: pos, dim, scale: 1 / Math.sqrt(dim) };
  return { values, inputs: { q: around(0.5, size), k: around(-0.5, size, 3) } };
}

test.each([
  [1, 1, 1, 1],
  [3, 5, 1, 7],
  [2, 3, 63, 7],
  [1, 5, 65, 63],
  [1, 1, 257, 3],
])('%i batch entries, %i heads, %i positions, d_head %i', async (batch, head, pos, dim) => {
  const { values, inputs } = example(batch, head, pos, dim);
  for (const causal of [0, 1]) await witness(attnScores, { ...values, causal }, inputs);
});

test('more keys than queries', async () => {
  const { around } = numbers(1);
  const values = { batch: 2, head: 3, query: 5, key: 9, dim: 7, scale: 0.25, causal: 0 };
  await witness(attnScores, values, { q: around(0, 2 * 5 * 3 * 7), k: around(0, 2 * 9 * 3 * 7) });
});

test('fewer queries than keys are the last ones', async () => {
  const { values, inputs } = example(2, 3, 9, 7);
  const gpu = Gpu.of(await testDevice());
  const run = (query: number, q: Float32Array) =>
    runKernel(gpu, attnScores, attnScores.variants[0], { ...values, query, causal: 1 }, { ...inputs, q });
  const width = 3 * 7;
  const lastOf = (entry: number) => inputs.q.slice((entry * 9 + 5) * width, (entry + 1) * 9 * width);
  const last = Float32Array.from([...lastOf(0), ...lastOf(1)]);
  const [{ scores: all }, { scores: some }] = [await run(9, inputs.q), await run(4, last)];
  for (let head = 0; head < 6; head++) {
    const expected = all!.subarray((head * 9 + 5) * 9, (head + 1) * 81);
    expect(some!.subarray(head * 36, (head + 1) * 36), `head ${head}`).toEqual(expected);
  }
  await witness(attnScores, { ...values, query: 4, causal: 1 }, { ...inputs, q: last });
});

test('what the causal mask hides holds MASKED exactly, whatever lies there', async () => {
  const { values, inputs } = example(1, 2, 5, 7);
  inputs.k.fill(1e20);
  const gpu = Gpu.of(await testDevice());
  const { scores } = await runKernel(gpu, attnScores, attnScores.variants[0], { ...values, causal: 1 }, inputs);
  for (let i = 0; i < scores!.length; i++) {
    const [query, key] = [Math.floor(i / 5) % 5, i % 5];
    expect(scores![i] === MASKED).toBe(key > query);
  }
});
