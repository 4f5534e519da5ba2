import { expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { ModelConfig } from '../../src/model/config';
import { describeStepError } from '../../src/run/check-steps';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';
import { random } from '../kernels/numbers';

const variations: [string, Partial<ModelConfig>][] = [
  ['GPT-2’s block at odd sizes', {}],
  ['exact GELU, gains and biases absorbed', { act_fn: 'gelu', normalization_type: 'LNPre' }],
  ['SiLU, no normalization', { act_fn: 'silu', normalization_type: null }],
  ['ReLU, every position sees all', { act_fn: 'relu', attention_dir: 'bidirectional' }],
  ['attention only', { attn_only: true, d_mlp: 0 }],
  ['fewer logits than tokens, heads wider than the stream', { d_vocab_out: 63, d_head: 13, n_heads: 4 }],
  ['one layer, one head, one dimension each', { n_layers: 1, n_heads: 1, d_head: 1, d_mlp: 1, d_model: 3 }],
];

test.each(variations)('%s: every step within its bound, logits near float64', async (_, change) => {
  const files = tinyModel(change);
  const model = await loadModel(files, { device: await testDevice() });
  const next = random(7);
  for (const pos of [1, 3, 64]) {
    const tokens = Array.from({ length: 2 }, () => Array.from({ length: pos }, () => Math.floor(next() * 100)));
    const trace = await model.run(tokens);
    for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
    const exact = (await model.float64(tokens)).get('unembed.hook_out')!;
    const { data } = await trace.read('unembed.hook_out');
    const scale = Math.max(...exact.map(Math.abs));
    const far = data.findIndex((logit, i) => !(Math.abs(logit - exact[i]!) <= 1e-5 * scale));
    expect(far, `${data[far]} and ${exact[far]}`).toBe(-1);
    trace.dispose();
  }
  model.dispose();
});
