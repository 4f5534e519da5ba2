import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { beforeEdit, type Edit } from '../../src/program/edits';
import { describeStepError } from '../../src/run/check-steps';
import type { Slice } from '../../src/tensor/slice';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';
import { random } from '../kernels/numbers';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const logits = 'unembed.hook_out';

const bits = (data: Float32Array) => new Uint32Array(data.slice().buffer);
const bitsOf = async (trace: Trace, name: string) => bits((await trace.read(name)).data);

async function withModel(run: (model: Model) => Promise<void>, change = {}): Promise<void> {
  const model = await loadModel(tinyModel(change), { device: await testDevice() });
  await run(model);
  model.dispose();
}

/** Runs once without edits and once with them. */
async function clean(model: Model, edits: readonly Edit[]): Promise<[Trace, Trace]> {
  return [await model.run(prompt), await model.run(prompt, { edits })];
}

describe('every tensor of the pass', () => {
  const architectures = [
    ['LN', {}],
    ['LNPre', { normalization_type: 'LNPre' }],
  ] as const;

  test.each(architectures)('%s: set to its own values, the logits stay equal bit for bit', async (_, change) => {
    await withModel(async (model) => {
      const whole = await model.run(prompt);
      const expected = await bitsOf(whole, logits);
      for (const at of whole.names.filter((name) => !whole.layout(name).derived)) {
        const edited = await model.run(prompt, { edits: [{ at, op: 'set', value: await whole.read(at) }] });
        expect(await bitsOf(edited, logits), at).toEqual(expected);
        edited.dispose();
      }
      whole.dispose();
    }, change);
  });

  test('scaled, every step stays within its bound and the logits near float64 with the same edit', async () => {
    await withModel(async (model) => {
      const names = model.program(2, 7).tensors;
      for (const at of Object.keys(names).filter((name) => names[name]!.role === 'activation')) {
        const slice: Slice = at.endsWith('scores') || at.endsWith('pattern') ? { head: 1 } : { pos: [2, 5] };
        await agrees(model, [{ at, slice, op: 'scale', by: 1.75 }]);
      }
    });
  });
});

/** The edited pass on the GPU against float64, step by step and from end to end. */
async function agrees(model: Model, edits: readonly Edit[]): Promise<void> {
  const trace = await model.run(prompt, { edits });
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  const exact = (await model.float64(prompt, { edits })).get(logits)!;
  const { data } = await trace.read(logits);
  const scale = Math.max(...exact.map(Math.abs));
  const far = data.findIndex((value, i) => !(Math.abs(value - exact[i]!) <= 2e-5 * scale));
  expect(far, `${JSON.stringify(edits)}: ${data[far]} and ${exact[far]}`).toBe(-1);
  trace.dispose();
}

describe('each operation', () => {
  const next = random(3);
  const vector = { axes: ['model'], shape: [35], data: Float32Array.from({ length: 35 }, next) } as const;
  const at = 'blocks.0.hook_resid_mid';
  const operations: readonly [Edit, (before: number, i: number) => number][] = [
    [{ at, op: 'zero' }, () => 0],
    [{ at, op: 'scale', by: -0.5 }, (before) => -0.5 * before],
    [{ at, op: 'set', value: 0.25 }, () => 0.25],
    [{ at, op: 'set', value: vector }, (_, i) => vector.data[i % 35]!],
    [{ at, op: 'add', value: 3 }, (before) => Math.fround(before + 3)],
    [{ at, op: 'add', value: vector }, (before, i) => Math.fround(before + vector.data[i % 35]!)],
  ];

  test.each(operations)('$op changes its slice and nothing else, and keeps what was there', async (edit, expected) => {
    await withModel(async (model) => {
      const slice = { batch: 1, pos: [1, 3] } as const;
      const [whole, edited] = await clean(model, [{ ...edit, slice }]);
      const before = await whole.read(at);
      const after = await edited.read(at);
      expect(await bitsOf(edited, beforeEdit(at))).toEqual(bits(before.data));
      before.data.forEach((value, i) => {
        const inside = i >= (7 + 1) * 35 && i < (7 + 3) * 35;
        const wanted = inside ? expected(value, i) : value;
        expect(Math.abs(after.data[i]! - wanted) <= (inside ? 2 ** -23 * Math.abs(wanted) : 0), `${i}`).toBe(true);
      });
      expect(await bitsOf(edited, logits)).not.toEqual(await bitsOf(whole, logits));
      await agrees(model, [{ ...edit, slice }]);
      for (const trace of [whole, edited]) trace.dispose();
    });
  });

  test('a NaN that is replaced leaves no trace', async () => {
    await withModel(async (model) => {
      const edits: Edit[] = [
        { at: 'blocks.0.attn.hook_z', op: 'set', value: Number.NaN },
        { at: 'blocks.0.hook_attn_out', op: 'zero' },
      ];
      const [zeroed, poisoned] = [
        await model.run(prompt, { edits: edits.slice(1) }),
        await model.run(prompt, { edits }),
      ];
      expect((await poisoned.read(beforeEdit('blocks.0.hook_attn_out'))).data.every(Number.isNaN)).toBe(true);
      expect(await bitsOf(poisoned, logits)).toEqual(await bitsOf(zeroed, logits));
      for (const trace of [zeroed, poisoned]) trace.dispose();
    });
  });
});

test('a whole residual stream patched from run B into run A yields B’s logits, bit for bit', async () => {
  await withModel(async (model) => {
    const b = await model.run([prompt[1]!, prompt[0]!]);
    for (const at of ['blocks.0.hook_resid_pre', 'blocks.1.hook_resid_pre', 'blocks.1.hook_resid_mid']) {
      const a = await model.run(prompt, { edits: [{ at, op: 'set', value: await b.read(at) }] });
      expect(await bitsOf(a, logits), at).toEqual(await bitsOf(b, logits));
      a.dispose();
    }
    b.dispose();
  });
});

describe('several edits', () => {
  const at = 'blocks.1.attn.hook_z';

  test('of one tensor apply in the order given', async () => {
    await withModel(async (model) => {
      const set: Edit = { at, slice: { head: 1 }, op: 'set', value: 2 };
      const scale: Edit = { at, slice: { head: 1 }, op: 'scale', by: 3 };
      const add: Edit = { at, op: 'add', value: 1 };
      for (const [edits, expected] of [
        [[set, scale, add], 7],
        [[scale, add, set], 2],
        [[set, add, scale], 9],
      ] as const) {
        const trace = await model.run(prompt, { edits });
        expect(new Set((await trace.read(at, { head: 1 })).data)).toEqual(new Set([expected]));
        trace.dispose();
      }
    });
  });

  test('that commute give the same bits in either order, and as one after another', async () => {
    await withModel(async (model) => {
      const one: Edit = { at: 'blocks.0.attn.hook_pattern', slice: { head: 0 }, op: 'scale', by: 0.5 };
      const two: Edit = { at, slice: { head: 2, pos: -1 }, op: 'zero' };
      const [forwards, backwards] = [
        await model.run(prompt, { edits: [one, two] }),
        await model.run(prompt, { edits: [two, one] }),
      ];
      expect(await bitsOf(forwards, logits)).toEqual(await bitsOf(backwards, logits));
      const first = await model.run(prompt, { edits: [one] });
      const value = await first.read('blocks.0.attn.hook_pattern');
      const after = await model.run(prompt, { edits: [{ at: value.name, op: 'set', value }, two] });
      expect(await bitsOf(after, logits)).toEqual(await bitsOf(forwards, logits));
      for (const trace of [forwards, backwards, first, after]) trace.dispose();
    });
  });
});

test('with checkpoints, edited tensors and what was there before replay bit for bit', async () => {
  await withModel(async (model) => {
    const edits: Edit[] = [
      { at: 'blocks.0.ln1.hook_scale', op: 'scale', by: 2 },
      { at: 'blocks.1.mlp.hook_post', slice: { neuron: 7 }, op: 'zero' },
    ];
    const [all, some] = [await model.run(prompt, { edits }), await model.run(prompt, { edits, retain: 'checkpoints' })];
    for (const name of all.names) expect(await bitsOf(some, name), name).toEqual(await bitsOf(all, name));
    for (const trace of [all, some]) trace.dispose();
  });
});

test('from the second run on, other edits of the same tensors allocate nothing', async () => {
  await withModel(async (model) => {
    const run = async (head: number) => {
      const edits: Edit[] = [{ at: 'blocks.0.attn.hook_z', slice: { head }, op: 'zero' }];
      const trace = await model.run(prompt, { edits });
      expect(trace.program.steps.find((step) => step.kernel === 'edit')!.about).toBe(`Edits: zero at head ${head}.`);
      const values = await bitsOf(trace, logits);
      trace.dispose();
      return values;
    };
    const first = await run(0);
    const before = { ...model.counters };
    expect(await run(1)).not.toEqual(first);
    expect(await run(0)).toEqual(first);
    expect(model.counters.allocations).toBe(before.allocations);
    expect(model.counters.submits - before.submits).toBe(4);
  });
});

describe('refusals', () => {
  const short = { axes: ['model'], shape: [34], data: new Float32Array(34) } as const;
  const table: [Edit, string, string][] = [
    [{ at: 'blocks.0.hook_resid_md', op: 'zero' }, 'tensor-unknown', 'Near it: blocks.0.hook_resid_mid'],
    [{ at: 'blocks.0.mlp.W_in', op: 'zero' }, 'tensor-unknown', 'is a weight'],
    [{ at: 'tokens', op: 'zero' }, 'tensor-unknown', 'is the input'],
    [{ at: 'blocks.0.attn.hook_result', op: 'zero' }, 'edit-invalid', 'the pass itself never holds it'],
    [
      { at: 'blocks.0.attn.hook_z', slice: { head: 3 }, op: 'zero' },
      'slice-invalid',
      'head 3 is outside its size of 3',
    ],
    [{ at: 'hook_embed', slice: { head: 0 }, op: 'zero' }, 'slice-invalid', 'has no axis head'],
    [
      { at: 'hook_embed', op: 'add', value: short },
      'edit-invalid',
      'its values have model 34, expected model 35, as in',
    ],
    [
      {
        at: 'hook_embed',
        slice: { pos: 1 },
        op: 'set',
        value: { axes: ['pos'], shape: [7], data: new Float32Array(7) },
      },
      'edit-invalid',
      'its values have the axis pos, which [batch 2, model 35] lacks.',
    ],
    [
      { at: 'hook_embed', op: 'set', value: { ...short, shape: [35] } },
      'edit-invalid',
      'its values are [model 35], 35 elements, but 34 are given.',
    ],
  ];
  test.each(table)('%j', async (edit, code, sentence) => {
    await withModel(async (model) => {
      const before = { ...model.counters };
      const run = model.run(prompt, { edits: [edit] });
      await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
      expect(model.counters).toEqual(before);
    });
  });
});
