import { describe, expect, test } from 'vitest';
import { type Attribution, type AttributionOptions, attributeLogit } from '../../src/analysis/attribution';
import { repeatedTokens } from '../../src/analysis/head-scores';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { Edit } from '../../src/program/edits';
import { readI32 } from '../../src/tensor/safetensors';
import { testDevice } from '../harness/device';
import { fixtureModel, reference } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { architectures, prompt } from './architectures';

/** The sum of parts misses the logit by no more than the bound, and the bound is worth something. */
function addsUp({ prompts, parts }: Attribution, what = ''): void {
  for (const { values, sum, logit, gap, bound } of prompts) {
    expect(values).toHaveLength(parts.length);
    expect(gap).toBe(sum - logit);
    expect(Math.abs(gap) <= bound, `${what} gap ${gap}, bound ${bound}`).toBe(true);
    expect(bound).toBeLessThan(1e-2 * values.reduce((total, value) => total + Math.abs(value), 0));
  }
}

async function explain(model: Model, options: AttributionOptions, edits: readonly Edit[] = [], tokens = prompt) {
  const trace = await model.run(tokens, { edits });
  const attribution = await attributeLogit(model, trace, options);
  trace.dispose();
  return attribution;
}

describe.each(architectures)('%s', (_, change) => {
  const options: AttributionOptions[] = [
    { token: 7 },
    { token: [7, 100], minus: 8, pos: 2 },
    { token: 0, minus: [1, 2], pos: 0 },
  ];

  test('the parts add up to the logit, with and without neurons', async () => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    for (const option of options) {
      const plain = await explain(model, option);
      addsUp(plain);
      if (model.config.attn_only || model.config.n_layers === 0) continue;
      const neurons = await explain(model, { ...option, neurons: true });
      addsUp(neurons);
      const { n_layers, d_mlp } = model.config;
      expect(neurons.parts).toHaveLength(plain.parts.length + n_layers * (d_mlp - 1));
    }
    model.dispose();
  });

  test('each part is what float64, from the tokens on, has for it', async () => {
    const model = await loadModel(tinyModel(change), { device: await testDevice() });
    const [token, minus, pos] = [7, 8, 4];
    const { parts, prompts } = await explain(model, {
      token,
      minus,
      pos,
      neurons: 'n_layers' in change || 'attn_only' in change ? [] : [0],
    });
    const exact = await byHand(model, token, minus, pos);
    const biggest = Math.max(...exact.values());
    prompts.forEach(({ values }, b) => {
      parts.forEach(({ name }, i) => {
        const wanted = exact.get(`${b} ${name}`);
        expect(Math.abs(values[i]! - wanted!) <= 2e-5 * biggest, `${name}: ${values[i]} and ${wanted}`).toBe(true);
      });
    });
    model.dispose();
  });
});

/** Independent of the implementation: each component through the final norm's derivative, from the float64 pass. */
async function byHand(model: Model, token: number, minus: number, pos: number): Promise<Map<string, number>> {
  const { d_model: d, n_layers, n_heads, d_mlp, d_vocab_out: vocab, normalization_type: norm } = model.config;
  const values = await model.float64(prompt);
  const weight = async (name: string) => (await model.weight(name)).data;
  const [W_U, b_U] = [await weight('unembed.W_U'), await weight('unembed.b_U')];
  const gain = norm === 'LN' ? await weight('ln_final.w') : null;
  const result = new Map<string, number>();
  for (let b = 0; b < 2; b++) {
    const row = b * 7 + pos;
    const scale = norm ? values.get('ln_final.hook_scale')![row]! : 1;
    const logits = (c: ArrayLike<number>, from = 0) => {
      let mean = 0;
      for (let i = 0; i < d; i++) mean += c[from + i]! / d;
      let sum = 0;
      for (let i = 0; i < d; i++) {
        const normalized = norm ? ((c[from + i]! - mean) / scale) * (gain?.[i] ?? 1) : c[from + i]!;
        sum += normalized * (W_U[i * vocab + token]! - W_U[i * vocab + minus]!);
      }
      return sum;
    };
    result.set(`${b} hook_embed`, logits(values.get('hook_embed')!, row * d));
    result.set(`${b} hook_pos_embed`, logits(values.get('hook_pos_embed')!, row * d));
    for (let layer = 0; layer < n_layers; layer++) {
      const heads = values.get(`blocks.${layer}.attn.hook_result`)!;
      for (let head = 0; head < n_heads; head++) {
        result.set(`${b} blocks.${layer}.head.${head}`, logits(heads, (row * n_heads + head) * d));
      }
      result.set(`${b} blocks.${layer}.attn.b_O`, logits(await weight(`blocks.${layer}.attn.b_O`)));
      if (model.config.attn_only) continue;
      const bias = await weight(`blocks.${layer}.mlp.b_out`);
      const mlp = values.get(`blocks.${layer}.hook_mlp_out`)!.slice(row * d, (row + 1) * d);
      result.set(`${b} blocks.${layer}.mlp`, logits(mlp.map((value, i) => value - bias[i]!)));
      result.set(`${b} blocks.${layer}.mlp.b_out`, logits(bias));
      const post = values.get(`blocks.${layer}.mlp.hook_post`)!;
      const W_out = await weight(`blocks.${layer}.mlp.W_out`);
      for (let n = 0; n < d_mlp; n++) {
        const written = W_out.slice(n * d, (n + 1) * d).map((value) => value * post[row * d_mlp + n]!);
        result.set(`${b} blocks.${layer}.mlp.neuron.${n}`, logits(written));
      }
    }
    if (norm === 'LN') {
      const bias = await weight('ln_final.b');
      let sum = 0;
      for (let i = 0; i < d; i++) sum += bias[i]! * (W_U[i * vocab + token]! - W_U[i * vocab + minus]!);
      result.set(`${b} ln_final.b`, sum);
    }
    result.set(`${b} unembed.b_U`, b_U[token]! - b_U[minus]!);
  }
  return result;
}

test('an edited run adds up, whatever was edited', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const names = Object.entries(model.program(2, 7).tensors).filter(([, { role }]) => role === 'activation');
  for (const [at] of names) {
    const edits: Edit[] = [
      { at, op: 'scale', by: 0.5 },
      { at, op: 'add', value: 0.25 },
    ];
    addsUp(await explain(model, { token: 7, minus: 3, neurons: [1] }, edits), at);
  }
  const edited = await explain(model, { token: 7 }, [{ at: 'blocks.0.hook_mlp_out', op: 'zero' }]);
  expect(edited.parts.map(({ name }) => name)).toContain('edit of blocks.0.hook_mlp_out');
  model.dispose();
});

describe('modular-addition', () => {
  test('the 512 neurons and the rest sum to every logit within the float bound', async () => {
    const model = await fixtureModel('modular-addition');
    const file = await reference('modular-addition');
    const ids = [...readI32(file, 'tokens')];
    const tokens = Array.from({ length: ids.length / 3 }, (_, b) => ids.slice(3 * b, 3 * b + 3));
    const trace = await model.run(tokens);
    for (let token = 0; token < 113; token++) {
      const attribution = await attributeLogit(model, trace, { token, neurons: true });
      expect(attribution.parts.filter(({ kind }) => kind === 'neuron')).toHaveLength(512);
      addsUp(attribution);
      for (const { gap } of attribution.prompts) expect(Math.abs(gap)).toBeLessThan(1e-4);
    }
    trace.dispose();
  });

  test('the answer is written by the neurons', async () => {
    const model = await fixtureModel('modular-addition');
    const tokens = [
      [3, 5, 113],
      [100, 99, 113],
    ];
    const { parts, prompts } = await explain(model, { token: [8, 86], minus: [9, 87], neurons: true }, [], tokens);
    addsUp({ pos: 2, parts, prompts });
    for (const { values, logit } of prompts) {
      const neurons = values.reduce((sum, value, i) => sum + (parts[i]!.kind === 'neuron' ? value : 0), 0);
      expect(neurons).toBeGreaterThan(0.8 * logit);
    }
  });

  test('zeroing every neuron equals removing the MLP: b_out stays', async () => {
    const model = await fixtureModel('modular-addition');
    const tokens = [
      [3, 5, 113],
      [100, 99, 113],
    ];
    const { data } = await model.weight('blocks.0.mlp.b_out');
    const logits = async (edits: Edit[]) => {
      const trace = await model.run(tokens, { edits });
      const read = await trace.read('unembed.hook_out');
      trace.dispose();
      return read.data;
    };
    const silent = await logits([{ at: 'blocks.0.mlp.hook_post', op: 'zero' }]);
    const removed = await logits([
      { at: 'blocks.0.hook_mlp_out', op: 'set', value: { axes: ['model'], shape: [128], data } },
    ]);
    expect(silent).toEqual(removed);
    expect(silent).not.toEqual(await logits([]));
    const rest = await explain(
      model,
      { token: 8, neurons: true },
      [{ at: 'blocks.0.mlp.hook_post', op: 'zero' }],
      tokens,
    );
    addsUp(rest);
    rest.parts.forEach(({ kind }, i) => {
      if (kind === 'neuron') for (const { values } of rest.prompts) expect(Math.abs(values[i]!)).toBe(0);
    });
  });
});

test('induction: the answers in the second half are written by the induction heads', async () => {
  const model = await fixtureModel('induction');
  const tokens = repeatedTokens(model, { length: 28, prefix: [0] });
  const next = tokens.map((ids) => ids.at(-4)!);
  const attribution = await explain(model, { token: next, pos: -5 }, [], tokens);
  addsUp(attribution);
  for (const { values } of attribution.prompts) {
    const best = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, 2);
    const names = best.map((i) => attribution.parts[i]!.name);
    expect(names.sort()).toEqual(['blocks.1.head.0', 'blocks.1.head.1']);
  }
});

test('shakespeare: adds up with and without neurons', async () => {
  const model = await fixtureModel('shakespeare');
  const tokens = [model.tokenizer!.encode('ROMEO:\nBut soft, what light')];
  for (const neurons of [false, true]) addsUp(await explain(model, { token: 3, minus: 9, neurons }, [], tokens));
});

describe('refuses', () => {
  const cases: [AttributionOptions, string][] = [
    [{ token: 65 }, "token 65 is outside this model's 65 logits: give a whole number from 0 to 64."],
    [{ token: 1, minus: -1 }, "token -1 is outside this model's 65 logits: give a whole number from 0 to 64."],
    [{ token: 1.5 }, "token 1.5 is outside this model's 65 logits: give a whole number from 0 to 64."],
    [{ token: [1, 2, 3] }, 'token holds 3 tokens, expected one for all prompts or one for each of the 1.'],
    [{ token: 1, pos: 9 }, 'pos 9 is outside the size of 3: give 0 to 2, or −1 for the last.'],
    [{ token: 1, neurons: true }, 'induction is attention-only: it has no MLPs and so no neurons. Ask for its heads.'],
  ];
  test.each(cases)('%j', async (options, sentence) => {
    const model = await fixtureModel('induction');
    const trace = await model.run('<bos> a b');
    await expect(attributeLogit(model, trace, options)).rejects.toThrow(sentence);
    trace.dispose();
  });

  test('a layer that is not there', async () => {
    const model = await fixtureModel('modular-addition');
    const trace = await model.run([1, 2, 113]);
    await expect(attributeLogit(model, trace, { token: 1, neurons: [1] })).rejects.toThrow(
      'layer 1 is outside the size of 1: give 0 to 0, or −1 for the last.',
    );
    trace.dispose();
  });
});
