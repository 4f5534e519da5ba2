import { describe, expect, test } from 'vitest';
import { repeatedTokens } from '../../src/analysis/head-scores';
import { type LensPoint, logitLens, residualStreams } from '../../src/analysis/lens';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { architectures, prompt } from './architectures';

/** ln_final and the unembedding in float64, from the stream that the pass held, in the plainest way. */
async function byHand(model: Model, stream: Float32Array, scales: Float32Array | null): Promise<Float64Array> {
  const { d_model: d, normalization_type: norm, eps, d_vocab_out: vocab } = model.config;
  const [u, b] = await Promise.all([model.weight('unembed.W_U'), model.weight('unembed.b_U')]);
  const gain = norm === 'LN' ? (await model.weight('ln_final.w')).data : null;
  const bias = norm === 'LN' ? (await model.weight('ln_final.b')).data : null;
  const rows = stream.length / d;
  const logits = new Float64Array(rows * vocab);
  for (let row = 0; row < rows; row++) {
    let x = Array.from(stream.subarray(row * d, (row + 1) * d));
    if (norm) {
      const mean = x.reduce((a, c) => a + c, 0) / d;
      const scale = scales?.[row] ?? Math.sqrt(x.reduce((a, c) => a + (c - mean) ** 2, 0) / d + eps);
      x = x.map((c, i) => ((c - mean) / scale) * (gain?.[i] ?? 1) + (bias?.[i] ?? 0));
    }
    for (let t = 0; t < vocab; t++) {
      logits[row * vocab + t] = x.reduce((sum, c, i) => sum + c * u.data[i * vocab + t]!, b.data[t]!);
    }
  }
  return logits;
}

function near(got: ArrayLike<number>, wanted: Float64Array, what: string): void {
  const scale = Math.max(...wanted.map(Math.abs));
  const far = wanted.findIndex((value, i) => !(Math.abs(got[i]! - value) <= 2e-5 * scale));
  expect(far, `${what}: ${got[far]} and ${wanted[far]}`).toBe(-1);
}

describe.each(architectures)('%s', (_, change) => {
  test.each([false, true])('frozen %s: each stream as the plain formula in float64 has it', async (frozen) => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const trace = await model.run(prompt);
    const points = await logitLens(model, trace, { frozen, full: true });
    expect(points.map(({ at }) => at)).toEqual(residualStreams(model));
    const held = frozen && model.config.normalization_type ? await trace.read('ln_final.hook_scale') : null;
    for (const { at, logits } of points) {
      const stream = (await trace.read(at)).data;
      near(logits!.data, await byHand(model, stream, held?.data ?? null), at);
    }
    const real = await trace.read('unembed.hook_out');
    expect(points.at(-1)!.logits!.data).toEqual(real.data);
    trace.dispose();
    model.dispose();
  });
});

test('what it lists: probabilities, rank, entropy and KL from the definition', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const trace = await model.run(prompt);
  const points = await logitLens(model, trace, { full: true, top: 3 });
  const vocab = model.config.d_vocab_out;
  const softmax = (logits: number[]) => {
    const weights = logits.map((logit) => Math.exp(logit));
    return weights.map((weight) => weight / weights.reduce((a, c) => a + c, 0));
  };
  const rowOf = ({ logits }: LensPoint, row: number) =>
    Array.from(logits!.data.subarray(row * vocab, (row + 1) * vocab));
  for (const point of points) {
    expect(point.rows.map(({ batch, pos }) => [batch, pos])).toEqual(
      [0, 1].flatMap((b) => [0, 1, 2, 3, 4, 5, 6].map((p) => [b, p])),
    );
    point.rows.forEach(({ batch, pos, top, followed, entropy, kl }, row) => {
      const logits = rowOf(point, row);
      const p = softmax(logits);
      const final = softmax(rowOf(points.at(-1)!, row));
      const sorted = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
      expect(top.map(({ token }) => token)).toEqual(sorted.slice(0, 3));
      expect(top[0]!.probability).toBeCloseTo(p[sorted[0]!]!, 12);
      expect(entropy).toBeCloseTo(-p.reduce((sum, value) => sum + value * Math.log(value), 0), 10);
      expect(kl).toBeCloseTo(
        final.reduce((sum, value, t) => sum + value * Math.log(value / p[t]!), 0),
        10,
      );
      const next = prompt[batch]![pos + 1];
      expect(followed?.token).toBe(next);
      if (next !== undefined) expect(followed!.rank).toBe(sorted.indexOf(next));
    });
  }
  trace.dispose();
  model.dispose();
});

test('one position and one token give the rows that all positions give', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run('<bos> a b c d e a b c');
  const all = await logitLens(model, trace, { token: 'd' });
  const progress: number[] = [];
  const last = await logitLens(model, trace, { token: 'd', pos: -1, onProgress: ({ done }) => progress.push(done) });
  expect(last).toEqual(all.map(({ at, rows }) => ({ at, rows: [rows.at(-1)] })));
  expect(progress).toEqual([1, 2, 3]);
  trace.dispose();
});

test('induction: only the last layer knows what comes next', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run(repeatedTokens(model, { length: 28, prefix: [0] }));
  const points = await logitLens(model, trace, { pos: -5 });
  expect(points.map(({ at }) => at)).toEqual([
    'blocks.0.hook_resid_pre',
    'blocks.0.hook_resid_post',
    'blocks.1.hook_resid_post',
  ]);
  const ranks = points.map(({ rows }) => rows.map(({ followed }) => followed!.rank));
  expect(ranks[2]).toEqual([0, 0, 0, 0]);
  for (const rank of ranks[1]!) expect(rank).toBeGreaterThan(2);
  trace.dispose();
});

test('shakespeare: the answer comes nearer layer by layer, and the last lens is the model’s own', async () => {
  const model = await fixtureModel('shakespeare');
  const trace = await model.run('ROMEO:\nBut soft, what light');
  const points = await logitLens(model, trace);
  expect(points).toHaveLength(9);
  const mean = points.map(({ rows }) => rows.reduce((sum, { kl }) => sum + kl, 0) / rows.length);
  expect(mean.at(-1)).toBe(0);
  expect(mean[6]).toBeLessThan(mean[0]!);
  trace.dispose();
});

describe('refuses', () => {
  test('what is no stream, no token, no position, and stops when told', async () => {
    const model = await fixtureModel('induction');
    const trace = await model.run('<bos> a b');
    const lens = (options: Parameters<typeof logitLens>[2]) => logitLens(model, trace, options);
    await expect(lens({ at: ['blocks.0.attn.hook_z'] })).rejects.toThrow(
      'blocks.0.attn.hook_z is [batch 1, pos 3, head 4, dim 16]; the logit lens reads [batch, pos, model 64], such as ' +
        'blocks.1.hook_resid_post.',
    );
    await expect(lens({ at: ['blocks.2.hook_resid_post'] })).rejects.toMatchObject({ code: 'tensor-unknown' });
    await expect(lens({ token: 65 })).rejects.toThrow(
      "token 65 is outside this model's 65 logits: give a whole number from 0 to 64.",
    );
    await expect(lens({ token: 'a b' })).rejects.toThrow('"a b" is 2 tokens ("a", "b"), expected exactly one.');
    await expect(lens({ pos: 3 })).rejects.toThrow('pos 3 is outside the size of 3: give 0 to 2, or −1 for the last.');
    await expect(lens({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    trace.dispose();
  });
});
