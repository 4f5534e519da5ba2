import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { copyingScores, ovCircuit, qkCircuit } from '../../src/analysis/circuits';
import { compositionScores } from '../../src/analysis/circuits-composition';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const architectures = [
  ['LN', {}],
  ['LNPre', { normalization_type: 'LNPre' }],
  ['no normalization', { normalization_type: null, attn_only: true, d_mlp: 0 }],
  ['fewer logits than tokens', { d_vocab_out: 63, d_head: 13 }],
] as const;

/** One head's weights as dense matrices, the norm as the matrix that it is: x ↦ (x − mean) ⊙ gain. */
async function dense(model: Model, layer: number, head: number) {
  const { d_model: d, d_head, d_vocab_out, normalization_type: norm } = model.config;
  const weight = async (name: string) => (await model.weight(name)).data;
  const centre = Matrix.eye(d).sub(norm ? 1 / d : 0);
  const reader = async (ln: string) => {
    if (!norm) return Matrix.eye(d);
    return norm === 'LN' ? centre.mmul(Matrix.diag([...(await weight(`${ln}.w`))])) : centre;
  };
  const part = async (letter: string, rows: number, cols: number) => {
    const data = await weight(`blocks.${layer}.attn.W_${letter}`);
    return Matrix.from1DArray(rows, cols, [...data.slice(head * d * d_head, (head + 1) * d * d_head)]);
  };
  const ln = await reader(`blocks.${layer}.ln1`);
  const [Q, K, V] = await Promise.all(['Q', 'K', 'V'].map((letter) => part(letter, d, d_head)));
  const O = await part('O', d_head, d);
  const E = Matrix.from1DArray(model.config.d_vocab, d, [...(await weight('embed.W_E'))]);
  const U = Matrix.from1DArray(d, d_vocab_out, [...(await weight('unembed.W_U'))]);
  return {
    QK: ln.mmul(Q!).mmul(ln.mmul(K!).transpose()),
    OV: ln.mmul(V!).mmul(O),
    seenOV: ln
      .mmul(V!)
      .mmul(O)
      .mmul(norm ? centre : Matrix.eye(d)),
    E,
    U: (await reader('ln_final')).mmul(U),
  };
}

function near(got: ArrayLike<number>, wanted: Matrix, tolerance: number): void {
  const values = wanted.to1DArray();
  const scale = Math.max(...values.map(Math.abs));
  expect(got.length).toBe(values.length);
  const far = values.findIndex((value, i) => !(Math.abs(got[i]! - value) <= tolerance * scale));
  expect(far, `${got[far]} and ${values[far]}`).toBe(-1);
}

describe.each(architectures)('%s', (_, change) => {
  test('OV and QK circuits are the dense products', async () => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const { QK, OV, E, U } = await dense(model, 1, 2);
    const ov = await ovCircuit(model, { layer: 1, head: 2 });
    near(ov.data, E.mmul(OV).mmul(U), 1e-6);
    const qk = await qkCircuit(model, { layer: 1, head: 2 });
    near(qk.data, E.mmul(QK).mmul(E.transpose()).div(Math.sqrt(model.config.d_head)), 1e-6);
    const some = await ovCircuit(model, { layer: 1, head: 2 }, [7, 3]);
    const vocab = model.config.d_vocab_out;
    expect(some.rows).toEqual([7, 3]);
    expect(some.data).toEqual(
      Float32Array.of(...ov.data.slice(7 * vocab, 8 * vocab), ...ov.data.slice(3 * vocab, 4 * vocab)),
    );
    const pair = await qkCircuit(model, { layer: 1, head: 2 }, { tokens: [4] }, { tokens: [100, 0] });
    expect([...pair.data]).toEqual([qk.data[4 * 101 + 100], qk.data[4 * 101]]);
    model.dispose();
  });

  test('the copying score is that of the dense circuit: trace, and traces of powers', async () => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const scores = await copyingScores(model);
    for (const { layer, head, score, eigenvalues } of scores) {
      const { OV, E, U } = await dense(model, layer, head);
      const shared = Math.min(E.rows, U.columns);
      const full = E.subMatrix(0, shared - 1, 0, E.columns - 1)
        .mmul(OV)
        .mmul(U.subMatrix(0, U.rows - 1, 0, shared - 1));
      expect(eigenvalues).toHaveLength(model.config.d_head);
      // Σλ = tr M and Σλ² = tr M²; the eigenvalues are real or come in conjugate pairs.
      const size = full.norm();
      expect(Math.abs(eigenvalues.reduce((sum, { re }) => sum + re, 0) - full.trace()) <= 1e-9 * size).toBe(true);
      const squares = eigenvalues.reduce((sum, { re, im }) => sum + re * re - im * im, 0);
      expect(Math.abs(squares - full.mmul(full).trace()) <= 1e-9 * size * size).toBe(true);
      const total = eigenvalues.reduce((sum, { re, im }) => sum + Math.hypot(re, im), 0);
      expect(score).toBeCloseTo(full.trace() / total, 9);
    }
    model.dispose();
  });

  test('composition scores are those of the dense matrices', async () => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const { pairs, baseline } = await compositionScores(model);
    const { n_heads } = model.config;
    expect(pairs).toHaveLength(3 * n_heads * n_heads);
    for (const { kind, from, to, score } of pairs) {
      const [earlier, later] = [await dense(model, 0, from.head), await dense(model, 1, to.head)];
      const reads = { Q: later.QK, K: later.QK.transpose(), V: later.seenOV }[kind];
      const wanted = earlier.seenOV.mmul(reads).norm() / (earlier.seenOV.norm() * reads.norm());
      expect(score).toBeCloseTo(wanted, 10);
    }
    expect(Math.abs(baseline.mean - baseline.expected)).toBeLessThan(0.1 * baseline.expected);
    model.dispose();
  });
});

describe('induction', () => {
  test('K-composition from the previous-token head to the induction heads stands out', async () => {
    const model = await fixtureModel('induction');
    const { pairs, baseline } = await compositionScores(model);
    const found = pairs.filter(({ deviations }) => deviations !== null && deviations > 3);
    expect(found.every(({ kind, from }) => kind === 'K' && from.head === 0)).toBe(true);
    expect(found.map(({ to }) => `${to.layer}.${to.head}`)).toEqual(['1.0', '1.1', '1.2']);
    for (const { score } of found) expect(score).toBeGreaterThan(1.7 * baseline.mean);
    // Heads 0.1, 0.2, 0.3 write nothing: W_O is zero.
    expect(pairs.filter(({ score }) => score === null)).toHaveLength(3 * 3 * 4);
  });

  test('the induction heads copy, the previous-token head looks one back by position', async () => {
    const model = await fixtureModel('induction');
    const scores = await copyingScores(model);
    const of = (layer: number, head: number) => scores.find((one) => one.layer === layer && one.head === head)!.score;
    expect(of(1, 0)).toBeGreaterThan(0.8);
    expect(of(1, 1)).toBeGreaterThan(0.8);
    expect(of(0, 1)).toBe(null);
    const { data } = await qkCircuit(model, { layer: 0, head: 0 }, { positions: 'all' }, { positions: 'all' });
    const previous = Array.from({ length: 63 }, (_, i) => {
      const visible = [...data.subarray((i + 1) * 64, (i + 1) * 64 + i + 2)];
      return visible.indexOf(Math.max(...visible)) === i;
    });
    expect(previous.filter(Boolean).length).toBeGreaterThan(50);
  });
});

describe('refuses', () => {
  test.each([
    ['blocks.1.attn.W_V', 'blocks.1.attn.W_V, head 0 holds NaN, so its circuits have no numbers: check the weights.'],
    ['embed.W_E', 'unembed.W_U or embed.W_E holds NaN, so its circuits have no numbers: check the weights.'],
  ])('a NaN in %s, which would never end', async (name, sentence) => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const weight = async (wanted: string) => {
      const { data, ...layout } = await model.weight(wanted);
      return { ...layout, data: wanted === name ? data.map((value, i) => (i === 1 ? Number.NaN : value)) : data };
    };
    const broken: Model = Object.create(model, { weight: { value: weight } });
    await expect(copyingScores(broken)).rejects.toThrow(sentence);
    model.dispose();
  });

  test('what is not there, and tables that are too large', async () => {
    const model = await fixtureModel('shakespeare');
    await expect(ovCircuit(model, { layer: 4, head: 0 })).rejects.toThrow(
      'layer 4 is outside the size of 4: give 0 to 3, or −1 for the last.',
    );
    await expect(ovCircuit(model, { layer: 0, head: 4 })).rejects.toThrow('head 4 is outside the size of 4');
    await expect(ovCircuit(model, { layer: 0, head: 0 }, [1024])).rejects.toThrow(
      "token 1024 is outside this model's 1024 tokens: give a whole number from 0 to 1023.",
    );
    await expect(qkCircuit(model, { layer: 0, head: 0 }, { positions: [128] })).rejects.toThrow(
      'pos 128 is outside the size of 128',
    );
    const all = Array.from({ length: 70_000 }, () => 1);
    await expect(ovCircuit(model, { layer: 0, head: 0 }, all)).rejects.toThrow(
      'A circuit of 70000 × 1024 tokens has 71680000 numbers, more than 67108864. Name the source tokens.',
    );
  });
});
