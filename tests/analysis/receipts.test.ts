import { expect, test } from 'vitest';
import { mean } from '../../src/analysis/edits';
import { describeReceipt, receipts } from '../../src/analysis/receipts';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { Edit } from '../../src/program/edits';
import { readTrace } from '../../src/trace/file';
import type { Trace } from '../../src/trace/trace';
import { writeTrace } from '../../src/trace/write';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0],
  [3, 3, 3, 3, 2],
];
const z = 'blocks.0.attn.hook_z'; // [batch 2, pos 5, head 3, dim 7]

async function withRun(work: (model: Model, clean: Trace) => Promise<void>): Promise<void> {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const clean = await model.run(prompt);
  await work(model, clean);
  clean.dispose();
  model.dispose();
}

async function receiptsOf(model: Model, clean: Trace, edits: readonly Edit[]) {
  const edited = await model.run(prompt, { edits });
  const all = await receipts(edited, clean);
  edited.dispose();
  return all;
}

test('one edit: how many values it changed, and where that is seen first', async () => {
  await withRun(async (model, clean) => {
    const edit: Edit = { at: z, slice: { head: 1, pos: -1 }, op: 'zero' };
    const [receipt] = await receiptsOf(model, clean, [edit]);
    expect(receipt).toMatchObject({ edit, changed: 14, of: 14, first: 'blocks.0.hook_attn_out' });
    expect(describeReceipt(receipt!)).toBe(
      `zero at head 1, pos -1 of ${z}: changed 14 of 14 values; the first later tensor that differs is blocks.0.hook_attn_out`,
    );
  });
});

test('a name that is an alias, a key that only later queries read, the output', async () => {
  await withRun(async (model, clean) => {
    const first = async (edit: Edit) => (await receiptsOf(model, clean, [edit]))[0]!.first;
    expect(await first({ at: 'blocks.1.hook_resid_pre', op: 'scale', by: 2 })).toMatch(/^blocks\.1\.ln1\.hook_/);
    expect(await first({ at: 'blocks.0.attn.hook_k', slice: { pos: 0 }, op: 'zero' })).toBe(
      'blocks.0.attn.hook_attn_scores',
    );
    const [output] = await receiptsOf(model, clean, [{ at: 'unembed.hook_out', op: 'add', value: 1 }]);
    expect(output).toMatchObject({ first: null, later: 0, changed: 2 * 5 * 101 });
    expect(describeReceipt(output!)).toMatch(/values of the pass's output, which nothing reads$/);
  });
});

test('an edit without effect says so', async () => {
  await withRun(async (model, clean) => {
    const own: Edit = { at: z, op: 'set', value: await clean.read(z) };
    const [same] = await receiptsOf(model, clean, [own]);
    expect(same).toMatchObject({ changed: 0, of: 210, first: null });
    expect(describeReceipt(same!)).toBe(
      `set of ${z}: changed 0 of 210 values, which were so before; nothing downstream changed`,
    );

    // What a causal mask hides: the last key's scores for earlier queries do not reach the pattern.
    const hidden: Edit = {
      at: 'blocks.0.attn.hook_attn_scores',
      slice: { query: 0, key: -1 },
      op: 'scale',
      by: 2,
    };
    const [unseen] = await receiptsOf(model, clean, [hidden]);
    expect(unseen).toMatchObject({ changed: 6, of: 6, first: null });
    expect(describeReceipt(unseen!)).toMatch(
      /changed 6 of 6 values, but nothing downstream changed: all \d+ later tensors equal the clean run's$/,
    );

    const [empty] = await receiptsOf(model, clean, [{ at: z, slice: { pos: [2, 2] }, op: 'zero' }]);
    expect(describeReceipt(empty!)).toContain('changed 0 of 0 values: its slice is empty; nothing downstream changed');
  });
});

test('several edits of one tensor are counted one after another, in the order given among others', async () => {
  await withRun(async (model, clean) => {
    const edits: Edit[] = [
      { at: z, slice: { head: 1 }, op: 'zero' },
      { at: 'blocks.1.attn.hook_z', slice: { head: 0, batch: 0 }, op: 'scale', by: 0.5 },
      { at: z, slice: { head: 1 }, op: 'zero' },
      { at: z, slice: { head: [1, 3], batch: 0 }, op: 'set', value: 0 },
    ];
    const all = await receiptsOf(model, clean, edits);
    expect(all.map(({ edit }) => edit)).toEqual(edits);
    expect(all.map(({ changed }) => changed)).toEqual([70, 35, 0, 35]);
    expect(all.map(({ first }) => first)).toEqual([
      'blocks.0.hook_attn_out',
      'blocks.1.hook_attn_out',
      null,
      'blocks.0.hook_attn_out',
    ]);
  });
});

test('an edited tensor further down is compared as it was before its own edit', async () => {
  await withRun(async (model, clean) => {
    const out = 'blocks.0.hook_attn_out';
    const frozen: Edit = { at: out, op: 'set', value: await clean.read(out) };
    const [receipt] = await receiptsOf(model, clean, [{ at: z, op: 'zero' }, frozen]);
    expect(receipt!.first).toBe(`${out}:before`);
  });
});

test('a trace knows its edits, a recorded one without their values', async () => {
  await withRun(async (model, clean) => {
    const edits: Edit[] = [
      { at: z, slice: { head: 1 }, op: 'scale', by: 2 },
      await mean(clean, 'hook_embed', { slice: { pos: 0 } }),
    ];
    const edited = await model.run(prompt, { edits });
    expect(edited.edits).toEqual(edits);
    const recorded = readTrace(await writeTrace(edited));
    expect(recorded.edits).toEqual([edits[0], { ...edits[1], value: { axes: ['model'], shape: [35] } }]);
    expect(recorded.names).toContain(`${z}:before`);
    await expect(receipts(recorded, clean)).rejects.toMatchObject({
      code: 'edit-invalid',
      message:
        'The edit "set" at hook_embed comes from a recorded trace, which holds no values of edits; run it again.',
    });
    const other = await model.run([prompt[1]!, prompt[0]!]);
    await expect(receipts(edited, other)).rejects.toMatchObject({
      code: 'edit-invalid',
      message: expect.stringContaining('two runs of one prompt'),
    });
    for (const trace of [edited, other]) trace.dispose();
  });
});
