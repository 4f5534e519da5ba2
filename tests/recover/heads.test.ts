import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import { type ModelPart, recognizeHeads } from '../../src/recover/heads';
import { positionShares } from '../../src/recover/position-share';
import { MASKED } from '../../src/tensor/masked';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { random } from '../kernels/numbers';
import { directory } from '../model/directory';

const called = (parts: readonly ModelPart[]) =>
  parts.map(({ name, place: { layer, head } }) => `${layer}.${head} ${name}`);

test('induction: each head by what it does, the silenced ones by nothing', async () => {
  const parts = await recognizeHeads(await fixtureModel('induction'));
  const names = called(parts);
  for (const name of [
    '0.0 previous-token',
    '0.0 position-only',
    '1.0 induction',
    '1.1 induction',
    '1.3 position-only',
  ]) {
    expect(names).toContain(name);
  }
  expect(names.filter((name) => /^0\.[123]/.test(name))).toEqual([]);
  expect(names.filter((name) => / (previous-token|induction)$/.test(name))).toHaveLength(3);
  for (const { value, threshold, says } of parts) {
    expect(value).toBeGreaterThanOrEqual(threshold);
    expect(value).toBeLessThanOrEqual(1);
    expect(says).not.toBe('');
  }
});

test('what a head is called is tested: it is made to attend exactly so, and what is left of its effect is told', async () => {
  const induction = await recognizeHeads(await fixtureModel('induction'));
  const left = (name: string) =>
    induction.find((part) => `${part.place.layer}.${part.place.head} ${part.name}` === name)!.left!;
  for (const name of ['0.0 position-only', '1.0 induction', '1.3 position-only']) {
    expect(left(name), name).toBeGreaterThan(0.99);
    expect(left(name), name).toBeLessThanOrEqual(1);
  }
  expect(left('0.0 previous-token')).toBeGreaterThan(0.6);
  expect(left('1.1 induction')).toBeGreaterThan(0.75);
  // Where nothing repeats it rests on the first token; that is not what it does.
  expect(left('1.0 beginning-of-text')).toBeLessThan(0.1);
  const shakespeare = await recognizeHeads(await fixtureModel('shakespeare'));
  expect(called(shakespeare)).toEqual(['0.0 previous-token']);
  expect(shakespeare[0]!.left).toBeCloseTo(0.92, 1);
});

test('the same for one seed; other prompts may be given', async () => {
  const model = await fixtureModel('induction');
  expect(await recognizeHeads(model, { seed: 3 })).toEqual(await recognizeHeads(model, { seed: 3 }));
  const noRepeat = await recognizeHeads(model, {
    prompts: [0, 1, 2].map((i) => [0, ...Array(20).keys()].map((t) => (t === 0 ? 0 : 3 * t + i))),
  });
  expect(called(noRepeat).filter((name) => name.endsWith('induction'))).toEqual([]);
  expect(called(noRepeat)).toContain('0.0 previous-token');
});

test('a context too short for a repeat: even attention has no name', async () => {
  const parts = await recognizeHeads(await fixtureModel('modular-addition'));
  for (const { name, threshold } of parts)
    if (name !== 'position-only') expect(threshold).toBeCloseTo((1 + 5 / 12) / 2, 10);
  expect(called(parts).filter((name) => /induction|duplicate/.test(name))).toEqual([]);
});

test('a head that attends to itself and writes the token that follows is a bigram head', async () => {
  const model = await loadModel(bigramModel(), { device: await testDevice() });
  const parts = await recognizeHeads(model);
  model.dispose();
  expect(called(parts)).toEqual(['0.0 position-only', '0.0 current-token', '0.0 bigram']);
  for (const { value, left } of parts) {
    expect(value).toBeGreaterThan(0.99);
    expect(left).toBeGreaterThan(0.99);
  }
});

describe('the share of position', () => {
  const [batch, length] = [40, 9];
  const share = async (score: (b: number, query: number, key: number) => number) => {
    const data = Float32Array.from({ length: batch * length * length }, (_, i) => {
      const [b, query, key] = [Math.floor(i / length ** 2), Math.floor(i / length) % length, i % length];
      return key > query ? MASKED : score(b, query, key);
    });
    const trace = { read: async () => ({ axes: [], shape: [batch, 1, length, length], data }) } as unknown as Trace;
    return (await positionShares(trace, 0))[0]!;
  };

  test('is 1 where positions decide, whatever each query adds to all its keys', async () => {
    const next = random(1);
    const own = Float32Array.from({ length: batch * length }, () => 10 * next());
    expect(await share((b, q, k) => Math.sin(3 * q + k * k) + own[b * length + q]!)).toBeCloseTo(1, 5);
  });

  test('is 0 where they say nothing, and in between as the variances are', async () => {
    const next = random(2);
    const noise = Float32Array.from({ length: batch * length * length }, () => next() - next());
    const at = (b: number, q: number, k: number) => noise[(b * length + q) * length + k]!;
    expect(Math.abs(await share(at))).toBeLessThan(0.05);
    const mixed = await share((b, q, k) => at(b, q, k) + at(0, q, k)); // The first prompt's, in all prompts.
    expect(mixed).toBeGreaterThan(0.4);
    expect(mixed).toBeLessThan(0.6);
  });

  test('is no number where all scores are equal', async () => {
    expect(await share(() => 2)).toBeNaN();
  });
});

/** Stream: the token, the position, the token to come, each one-hot. Head 0 reads and writes them so; head 1 is silent. */
function bigramModel() {
  const [vocab, context] = [13, 16];
  const model = vocab + context + vocab;
  const table = (rows: number, cols: number, at: (row: number, col: number) => number) =>
    Float32Array.from({ length: rows * cols }, (_, i) => at(Math.floor(i / cols), i % cols));
  const heads = (rows: number, cols: number, at: (row: number, col: number) => number) => {
    const data = new Float32Array(2 * rows * cols);
    data.set(table(rows, cols, at));
    return { shape: [2, rows, cols], data };
  };
  const position = heads(model, context, (row, dim) => (row === vocab + dim ? 10 : 0));
  const weights = {
    'embed.W_E': { shape: [vocab, model], data: table(vocab, model, (id, col) => Number(id === col)) },
    'pos_embed.W_pos': {
      shape: [context, model],
      data: table(context, model, (pos, col) => Number(col === vocab + pos)),
    },
    'blocks.0.attn.W_Q': position,
    'blocks.0.attn.W_K': position,
    'blocks.0.attn.W_V': heads(model, context, (row, dim) => Number(row === dim && dim < vocab)),
    'blocks.0.attn.W_O': heads(context, model, (dim, col) =>
      Number(dim < vocab && col === vocab + context + ((5 * dim + 1) % vocab)),
    ),
    'unembed.W_U': {
      shape: [model, vocab],
      data: table(model, vocab, (row, id) => Number(row === vocab + context + id)),
    },
  };
  const config = {
    n_layers: 1,
    n_heads: 2,
    d_model: model,
    d_head: context,
    d_mlp: null,
    d_vocab: vocab,
    d_vocab_out: vocab,
    n_ctx: context,
    act_fn: null,
    normalization_type: null,
    attn_only: true,
    attention_dir: 'causal',
    eps: 1e-5,
  };
  const tensors = Object.entries(weights).map(([name, weight]) => ({ name, dtype: 'F32' as const, ...weight }));
  return directory({ 'config.json': config, 'model.safetensors': writeSafetensors(tensors) });
}
