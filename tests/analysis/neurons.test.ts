import { describe, expect, test } from 'vitest';
import { neuronWeights } from '../../src/analysis/neurons';
import { loadModel } from '../../src/load-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { random } from '../kernels/numbers';

/** The claim behind folding: a change of the stream moves what the neuron reads by input·change / scale, exactly. */
test.each([
  ['LN', {}],
  ['LNPre', { normalization_type: 'LNPre' }],
  ['no normalization', { normalization_type: null }],
] as const)('%s: what it reads and writes is what the pass does with its scale frozen', async (_, change) => {
  const model = await loadModel(tinyModel(change), { device: await testDevice() });
  const at = { layer: 1, neuron: 40 };
  const { input, output, bias, writes } = await neuronWeights(model, at, { top: 101 });
  const tokens = [[1, 2, 3]];
  const next = random(11);
  const vector = { axes: ['model'], shape: [35], data: Float32Array.from({ length: 35 }, next) } as const;
  const norm = model.config.normalization_type;
  const values = await model.float64(tokens);
  const held = (name: string) => Float32Array.from(values.get(name)!);
  const scale = (name: string) => ({ axes: ['batch', 'pos', 'one'] as const, shape: [1, 3, 1], data: held(name) });
  const frozen = (name: string) => (norm ? [{ at: name, op: 'set', value: scale(name) } as const] : []);

  const base = frozen('blocks.1.ln2.hook_scale');
  const one = await model.float64(tokens, { edits: base });
  const two = await model.float64(tokens, {
    edits: [{ at: 'blocks.1.hook_resid_mid', op: 'add', value: vector }, ...base],
  });
  const moved = input.reduce((sum, value, i) => sum + value * vector.data[i]!, 0);
  for (let pos = 0; pos < 3; pos++) {
    const by = norm ? scale('blocks.1.ln2.hook_scale').data[pos]! : 1;
    const pre = (pass: Map<string, Float64Array>) => pass.get('blocks.1.mlp.hook_pre')![pos * 65 + 40]!;
    expect(pre(two) - pre(one)).toBeCloseTo(moved / by, 6);
  }
  expect(bias).toBe((await model.weight('blocks.1.mlp.b_in')).data[40]);

  const final = frozen('ln_final.hook_scale');
  const silent = await model.float64(tokens, { edits: final });
  const firing = await model.float64(tokens, {
    edits: [{ at: 'blocks.1.mlp.hook_post', slice: { neuron: 40 }, op: 'add', value: 1 }, ...final],
  });
  expect(writes.top).toHaveLength(101);
  for (const { token, value } of writes.top) {
    const logit = (pass: Map<string, Float64Array>) => pass.get('unembed.hook_out')![101 * 2 + token]!;
    const by = norm ? scale('ln_final.hook_scale').data[2]! : 1;
    expect(logit(firing) - logit(silent)).toBeCloseTo(value / by, 5);
  }
  expect(output).toHaveLength(35);
  model.dispose();
});

test('modular-addition: the tokens that it reads most, by the definition', async () => {
  const model = await fixtureModel('modular-addition');
  const { reads, writes } = await neuronWeights(model, { layer: 0, neuron: 5 }, { top: 4 });
  const [E, W] = [await model.weight('embed.W_E'), await model.weight('blocks.0.mlp.W_in')];
  const value = (token: number) => {
    let sum = 0;
    for (let i = 0; i < 128; i++) sum += E.data[token * 128 + i]! * W.data[i * 512 + 5]!;
    return sum;
  };
  const sorted = [...Array(114).keys()].sort((a, b) => value(b) - value(a));
  expect(reads.top.map(({ token }) => token)).toEqual(sorted.slice(0, 4));
  expect(reads.bottom.map(({ token }) => token)).toEqual(sorted.slice(-4).reverse());
  expect(reads.top[0]!.value).toBeCloseTo(value(sorted[0]!), 10);
  expect(writes.top).toHaveLength(4);
});

describe('refuses', () => {
  test('attention-only models, layers and neurons out of range', async () => {
    await expect(neuronWeights(await fixtureModel('induction'), { layer: 0, neuron: 0 })).rejects.toThrow(
      'induction is attention-only: it has no MLPs and so no neurons. Ask for its heads.',
    );
    const model = await fixtureModel('modular-addition');
    await expect(neuronWeights(model, { layer: 1, neuron: 0 })).rejects.toThrow(
      'layer 1 is outside the size of 1: give 0 to 0, or −1 for the last.',
    );
    await expect(neuronWeights(model, { layer: 0, neuron: 512 })).rejects.toThrow(
      'neuron 512 is outside the size of 512: give 0 to 511, or −1 for the last.',
    );
  });
});
