import { describe, expect, test } from 'vitest';
import { residualLedger } from '../../src/analysis/ledger';
import { residualStreams } from '../../src/analysis/lens';
import { loadModel } from '../../src/load-model';
import { testDevice } from '../harness/device';
import { fixtureModel, fixtures } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];

test.each([
  ['LN', {}],
  ['no normalization', { normalization_type: null }],
  ['attention only', { attn_only: true, d_mlp: 0 }],
  ['no layers', { n_layers: 0 }],
] as const)('%s: every stream is the sum of what was written to it, within rounding', async (_, change) => {
  const model = await loadModel(tinyModel(change), { device: await testDevice() });
  const trace = await model.run(prompt);
  for (const at of residualStreams(model)) {
    const ledger = await residualLedger(model, trace, { at });
    expect([ledger.batch, ledger.pos]).toEqual([2, 7]);
    for (let row = 0; row < 14; row++) {
      expect(ledger.ratio[row]! <= 1, `${at}, row ${row}: ${ledger.ratio[row]}`).toBe(true);
      expect(ledger.gap[row]! <= 1e-4 * ledger.norm[row]!).toBe(true);
      const shares = ledger.entries.reduce((sum, { share }) => sum + share[row]!, 0);
      expect(shares).toBeCloseTo(1, 4);
    }
  }
  trace.dispose();
  model.dispose();
});

test('parts and their lengths are those of float64, from the tokens on', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const trace = await model.run(prompt);
  const { entries } = await residualLedger(model, trace, { neurons: [1] });
  expect(entries.map(({ name }) => name).filter((name) => !name.includes('neuron'))).toEqual([
    'hook_embed',
    'hook_pos_embed',
    ...['blocks.0.head.0', 'blocks.0.head.1', 'blocks.0.head.2', 'blocks.0.attn.b_O'],
    ...['blocks.0.mlp', 'blocks.0.mlp.b_out'],
    ...['blocks.1.head.0', 'blocks.1.head.1', 'blocks.1.head.2', 'blocks.1.attn.b_O'],
    'blocks.1.mlp.b_out',
  ]);
  const values = await model.float64(prompt);
  const lengthOf = (data: Float64Array, from: number) => Math.hypot(...data.subarray(from, from + 35));
  for (let row = 0; row < 14; row++) {
    const norm = (name: string) => entries.find((entry) => entry.name === name)!.norm[row]!;
    expect(norm('hook_embed')).toBeCloseTo(lengthOf(values.get('hook_embed')!, row * 35), 4);
    const results = values.get('blocks.1.attn.hook_result')!;
    expect(norm('blocks.1.head.2')).toBeCloseTo(lengthOf(results, (row * 3 + 2) * 35), 4);
  }
  trace.dispose();
  model.dispose();
});

test('one position gives the column of all positions', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run('<bos> a b c a b');
  const all = await residualLedger(model, trace);
  const one = await residualLedger(model, trace, { pos: -2 });
  expect(one.gap[0]).toBe(all.gap[4]);
  one.entries.forEach(({ share }, i) => {
    expect(share[0]).toBe(all.entries[i]!.share[4]);
  });
  trace.dispose();
});

test('an edit is an entry of its own', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  for (const at of ['hook_embed', 'blocks.0.hook_attn_out', 'blocks.1.hook_resid_pre', 'blocks.1.hook_resid_mid']) {
    const trace = await model.run(prompt, { edits: [{ at, op: 'scale', by: 3 }] });
    const { entries, ratio } = await residualLedger(model, trace);
    expect(entries.filter(({ kind }) => kind === 'edit')).toHaveLength(1);
    expect(Math.max(...ratio) <= 1, at).toBe(true);
    trace.dispose();
  }
  model.dispose();
});

test.each(fixtures)('%s: adds up', async (name) => {
  const model = await fixtureModel(name);
  const tokens = name === 'modular-addition' ? [3, 5, 113] : Array.from({ length: 20 }, (_, i) => (i * 7) % 60);
  const trace = await model.run(tokens);
  const { ratio } = await residualLedger(model, trace, { neurons: name === 'induction' ? [] : [0] });
  expect(Math.max(...ratio)).toBeLessThanOrEqual(1);
  trace.dispose();
});

describe('refuses', () => {
  test('what is no stream', async () => {
    const model = await fixtureModel('induction');
    const trace = await model.run('<bos> a b');
    await expect(residualLedger(model, trace, { at: 'blocks.0.hook_attn_out' })).rejects.toThrow(
      'blocks.0.hook_attn_out is no residual stream: give a name that ends in hook_resid_pre, hook_resid_mid or ' +
        'hook_resid_post.',
    );
    await expect(residualLedger(model, trace, { at: 'blocks.4.hook_resid_post' })).rejects.toMatchObject({
      code: 'tensor-unknown',
    });
    trace.dispose();
  });
});
