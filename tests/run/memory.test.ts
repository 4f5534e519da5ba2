/** What a pass needs of the GPU's memory: counted from its plan, and what the device was then asked for. */
import { describe, expect, test } from 'vitest';
import { gpt2Program } from '../../bench/memory';
import { kernels } from '../../src/kernels';
import type { Kernel } from '../../src/kernels/kernel';
import { loadModel } from '../../src/load-model';
import { passMemory } from '../../src/run/memory';
import { sizeOf } from '../../src/tensor/layout';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const RETAIN = ['all', 'checkpoints', [], ['blocks.0.attn.hook_z']] as const;

describe('is as counted, to the byte', () => {
  test.each(RETAIN.map((retain) => [retain]))('%j, of a model that was just loaded', async (retain) => {
    const model = await loadModel(tinyModel({ n_layers: 3 }), { device: await testDevice() });
    const { allocations, bytesAllocated } = model.counters;
    const { bytes, kept, shared } = model.memory(2, 7, retain);
    const tokens = [1, 5, 9, 100, 0, 7, 7];
    const trace = await model.run([tokens, tokens], { retain });
    expect(model.counters.bytesAllocated - bytesAllocated).toBe(bytes);
    expect(model.counters.allocations - allocations).toBe(Object.keys(kept).length + shared.length + 1);
    expect(trace.bytes).toBe(Object.values(kept).reduce((sum, size) => sum + size, 0));
    trace.dispose();
    model.dispose();
  });
});

test.each([
  [0, 5, '0 × 5'],
  [1, 0, '1 × 0'],
  [1, 65, '1 × 65'],
  [1.5, 5, '1.5 × 5'],
  ['1', 3, '"1" × 3'],
])('of a shape that no prompt has, %j by %j, is refused', async (batch, pos, shape) => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const counted = () => model.memory(batch as number, pos);
  expect(counted).toThrow(`The shape is ${shape}, expected 1 or more prompts × 1 to ${model.config.n_ctx} tokens.`);
  expect(counted).toThrow(expect.objectContaining({ code: 'usage' }));
  model.dispose();
});

describe('of GPT-2 small at 1,024 tokens', () => {
  const names = [...new Set(Object.values(kernels).flatMap(({ variants }) => variants.map(({ name }) => name)))];

  test.each(names)('with checkpoints is at most 200 MB beside the weights: %s', (name) => {
    const choice = ({ variants }: Kernel) => variants.find((variant) => variant.name === name) ?? variants[0];
    const program = gpt2Program(choice);
    expect(program.pos).toBe(1024);
    const { bytes, kept, shared, uniforms } = passMemory(program, 'checkpoints', choice);
    expect(bytes).toBeLessThanOrEqual(200e6);
    // What it consists of: a stream before and in the middle of each layer, one after the last, and the token ids.
    const stream = 4 * 1024 * 768;
    expect(Object.keys(kept)).toHaveLength(2 * 12 + 1 + 1);
    expect(Object.values(kept).reduce((sum, size) => sum + size, 0)).toBe(25 * stream + 4 * 1024);
    // Scores and pattern of one layer; everything else shares their memory, or lives beside them.
    expect(shared.slice(0, 2)).toEqual([4 * 12 * 1024 ** 2, 4 * 12 * 1024 ** 2]);
    expect(bytes - uniforms - 25 * stream - 4 * 1024).toBe(shared.reduce((sum, size) => sum + size, 0));
    // Whatever keeps them needs the logits' 206 MB more.
    expect(passMemory(program, [], choice).bytes).toBeGreaterThan(4 * 1024 * 50257);
    expect(passMemory(program, 'all', choice).kept['unembed.hook_out']).toBe(4 * 1024 * 50257);
  });
});

describe('logits that were not kept', () => {
  const name = 'unembed.hook_out';

  test('are computed at the positions that are read, with equal bits, and nothing is allocated the second time', async () => {
    const model = await fixtureModel('shakespeare');
    const tokens = Array.from({ length: 48 }, (_, pos) => (pos * 37) % 1024);
    const all = await model.run(tokens);
    const trace = await model.run(tokens, { retain: 'checkpoints' });
    const bits = (data: Float32Array) => new Uint32Array(data.slice().buffer);
    for (const slice of [{ pos: -1 }, { pos: 0, batch: 0 }, { pos: [3, 6] }, { pos: 7, vocab: [10, 20] }] as const) {
      const { bytesAllocated } = model.counters;
      const [got, wanted] = [await trace.read(name, slice), await all.read(name, slice)];
      expect({ ...got, data: bits(got.data) }).toEqual({ ...wanted, data: bits(wanted.data) });
      expect(model.counters.bytesAllocated - bytesAllocated).toBeLessThan(4 * sizeOf(trace.layout(name).shape));
      const before = { ...model.counters };
      await trace.read(name, slice);
      const { allocations, bytesRead, submits } = model.counters;
      expect(allocations).toBe(before.allocations);
      expect(bytesRead - before.bytesRead).toBe(4 * sizeOf(wanted.shape));
      expect(submits - before.submits).toBe(2); // The few rows, and their copy.
    }
    const retained = model.counters.bytesRetained;
    await trace.read(name, { pos: 5 });
    expect(model.counters.bytesRetained).toBe(retained);
    expect(bits((await trace.read(name)).data)).toEqual(bits((await all.read(name)).data));
    for (const one of [all, trace]) one.dispose();
  });

  test('are those of the edits, and come though the trace is disposed meanwhile', async () => {
    const model = await fixtureModel('induction');
    const edits = [
      { at: 'blocks.1.hook_resid_post', op: 'scale', by: 2 },
      { at: 'unembed.hook_out', slice: { vocab: 3 }, op: 'zero' },
    ] as const;
    const tokens = [0, 4, 9, 4, 9];
    const all = await model.run(tokens, { edits });
    const trace = await model.run(tokens, { edits, retain: 'checkpoints' });
    const late = trace.read(name, { batch: 0, pos: 2 });
    trace.dispose();
    expect((await late).data).toEqual((await all.read(name, { batch: 0, pos: 2 })).data);
    expect((await late).data[3]).toBe(0);
    await expect(trace.read(name, { pos: 2 })).rejects.toMatchObject({ code: 'disposed' });
    all.dispose();
  });
});
