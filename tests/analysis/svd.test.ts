import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { foldedHead, foldedIn, foldedOut, toMatrix } from '../../src/analysis/folded';
import { type SvdOf, singularVectors } from '../../src/analysis/svd';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

async function matrixOf(model: Model, what: SvdOf): Promise<Matrix> {
  if (what.of === 'W_in') return toMatrix(await foldedIn(model, what.layer));
  if (what.of === 'W_out') return toMatrix(await foldedOut(model, what.layer));
  const { Q, K, V, O } = await foldedHead(model, what.layer, (what as { head: number }).head);
  return what.of === 'OV' ? V.mmul(O) : Q.mmul(K.transpose());
}

const cases: SvdOf[] = [
  { of: 'OV', layer: 1, head: 2 },
  { of: 'QK', layer: 0, head: 1 },
  { of: 'W_in', layer: 1 },
  { of: 'W_out', layer: 0 },
];

describe.each([
  ['usual', {}],
  ['one head as wide as the stream', { n_heads: 1, d_head: 35 }],
  ['wider than the stream', { n_heads: 1, d_head: 40 }],
] as const)('%s', (_, change) => {
  test.each(cases)('$of: the vectors are orthonormal and their sum is the matrix', async (given) => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const what = 'head' in given && 'n_heads' in change ? { ...given, head: 0 } : given;
    const matrix = await matrixOf(model, what);
    const vectors = await singularVectors(model, what, { count: 99 });
    const values = vectors.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const sum = Matrix.zeros(matrix.rows, matrix.columns);
    for (const { left, right, value } of vectors) {
      sum.add(Matrix.columnVector(left).mmul(Matrix.rowVector(right)).mul(value));
    }
    expect(sum.sub(matrix).norm() <= 1e-10 * matrix.norm()).toBe(true);
    const held = vectors.filter(({ value }) => value > 1e-9 * values[0]!);
    for (const side of ['left', 'right'] as const) {
      const columns = new Matrix(held.map((vector) => vector[side]));
      expect(columns.mmul(columns.transpose()).sub(Matrix.eye(held.length)).abs().max()).toBeLessThan(1e-10);
    }
    expect(vectors.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 10);
    const read = what.of === 'W_in' ? 'left' : 'right';
    for (const vector of held) {
      const most = vector[read].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
      expect(most).toBeGreaterThan(0);
    }
    model.dispose();
  });
});

test('vectors of the stream are read as tokens, an MLP’s inside is not', async () => {
  const model = await fixtureModel('shakespeare');
  const [U, gain] = [await model.weight('unembed.W_U'), await model.weight('ln_final.w')];
  const [ov] = await singularVectors(model, { of: 'OV', layer: 2, head: 0 }, { count: 1, top: 3 });
  const mean = ov!.right.reduce((sum, value) => sum + value, 0) / 128;
  const seen = ov!.right.map((value, i) => (value - mean) * gain.data[i]!);
  const logits = Matrix.rowVector(seen)
    .mmul(Matrix.from1DArray(128, 1024, [...U.data]))
    .getRow(0);
  const sorted = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
  expect(ov!.rightTokens!.top.map(({ token }) => token)).toEqual(sorted.slice(0, 3));
  expect(ov!.rightTokens!.bottom.map(({ token }) => token)).toEqual(sorted.slice(-3).reverse());
  expect(ov!.rightTokens!.top[0]!.value).toBeCloseTo(logits[sorted[0]!]!, 10);
  const [into] = await singularVectors(model, { of: 'W_in', layer: 0 }, { count: 1, through: 'embed' });
  expect([into!.leftTokens === null, into!.rightTokens === null]).toEqual([false, true]);
  const [out] = await singularVectors(model, { of: 'W_out', layer: -1 }, { count: 1 });
  expect([out!.leftTokens === null, out!.rightTokens === null]).toEqual([true, false]);
});

test('a head of zeros has singular values of zero', async () => {
  const model = await fixtureModel('induction');
  const vectors = await singularVectors(model, { of: 'OV', layer: 0, head: 1 });
  expect(vectors.map(({ value, share }) => [value, share])).toEqual(Array(5).fill([0, 0]));
});

test('an attention-only model has no W_in', async () => {
  const model = await fixtureModel('induction');
  await expect(singularVectors(model, { of: 'W_in', layer: 0 })).rejects.toThrow(
    'induction is attention-only: it has no MLPs and so no neurons. Ask for its heads.',
  );
});
