import { afterAll, describe, expect, test } from 'vitest';
import { logitDifference, type Metric, nextTokenLoss } from '../../src/analysis/metrics';
import { type Copy, sweep, unchanged } from '../../src/analysis/sweep';
import { batchBytes } from '../../src/analysis/sweep-batches';
import { type PatchSite, patchActivations, patchSites } from '../../src/analysis/sweep-patching';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import { type Edit, editProgram } from '../../src/program/edits';
import type { Slice } from '../../src/tensor/slice';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const clean = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const corrupted = [
  [1, 6, 9, 100, 2, 7, 8],
  [3, 4, 3, 5, 2, 9, 0],
];
/** Differs wherever a bit of any logit differs, but for freak coincidence. */
const all: Metric = {
  name: 'weighted sum',
  unit: 'logits',
  of: ({ data }) => data.reduce((sum, logit, i) => sum + logit * ((i % 89) + 1), 0),
};

const tiny = testDevice().then((device) => loadModel(tinyModel(), { device }));
afterAll(async () => (await tiny).dispose());

/** The metric of a run of its own. */
async function alone(model: Model, prompt: number[][], edits: readonly Edit[], metric: Metric): Promise<number> {
  const trace = await model.run(prompt, { edits });
  const slice: Slice = metric.pos === undefined ? {} : { pos: metric.pos };
  const { data, shape } = await trace.read('unembed.hook_out', slice);
  trace.dispose();
  const size = data.length / prompt.length;
  const vocab = shape.at(-1)!;
  const values = prompt.map((_, b) =>
    metric.of({ data: data.subarray(b * size, (b + 1) * size), vocab, pos: size / vocab }, b),
  );
  return values.reduce((a, b) => a + b, 0) / values.length;
}

describe('activation patching equals one run per patch, bit for bit', () => {
  test.each(patchSites)('%s', async (at) => {
    const model = await tiny;
    const options = { at, metric: all, neurons: [0, 33, 64] };
    const result = await patchActivations(model, { clean, corrupted }, options);
    const part = { q: 3, k: 3, v: 3, z: 3, pattern: 3, neuron: 3 }[at as string];
    expect(result.shape).toEqual(part ? [2, part, 7] : [2, 7]);
    expect(result).toMatchObject({ complete: true, done: result.values.length, total: result.values.length });
    const source = await model.run(clean);
    for (const [i, value] of result.values.entries()) {
      const { name, slice } = placeOf(at, i, part, options.neurons);
      const edit: Edit = { at: name, op: 'set', slice, value: await source.read(name, slice) };
      expect(value, `${name} ${JSON.stringify(slice)}`).toBe(await alone(model, corrupted, [edit], all));
    }
    source.dispose();
    expect(result.clean).toBe(await alone(model, clean, [], all));
    expect(result.corrupted).toBe(await alone(model, corrupted, [], all));
  });
});

const hooks: Record<PatchSite, string> = {
  resid_pre: 'hook_resid_pre',
  resid_mid: 'hook_resid_mid',
  resid_post: 'hook_resid_post',
  attn_out: 'hook_attn_out',
  mlp_out: 'hook_mlp_out',
  q: 'attn.hook_q',
  k: 'attn.hook_k',
  v: 'attn.hook_v',
  z: 'attn.hook_z',
  pattern: 'attn.hook_pattern',
  neuron: 'mlp.hook_post',
};

function placeOf(
  at: PatchSite,
  i: number,
  part: number | undefined,
  neurons: number[],
): { name: string; slice: Slice } {
  const pos = at === 'pattern' ? { query: i % 7 } : { pos: i % 7 };
  const rest = Math.floor(i / 7);
  const name = `blocks.${Math.floor(rest / (part ?? 1))}.${hooks[at]}`;
  if (!part) return { name, slice: pos };
  return { name, slice: at === 'neuron' ? { ...pos, neuron: neurons[rest % part]! } : { ...pos, head: rest % part } };
}

test('patching clean into corrupted: a whole early residual stream restores the clean metric exactly', async () => {
  const model = await tiny;
  const metric = logitDifference([3, 4], [5, 6]);
  const options = { at: 'resid_pre', positions: 'all', metric } as const;
  const result = await patchActivations(model, { clean, corrupted }, options);
  expect(result.axes).toEqual(['layer']);
  expect([...result.values]).toEqual([result.clean, result.clean]);
  expect([...result.restored]).toEqual([1, 1]);
  expect(result.corrupted).not.toBe(result.clean);
});

test('a patch at a position changes nothing where the prompts agree up to there', async () => {
  const model = await tiny;
  const result = await patchActivations(model, { clean, corrupted }, { at: 'resid_pre', positions: [0], metric: all });
  expect([...result.values]).toEqual([result.corrupted, result.corrupted]);
  expect([...result.restored]).toEqual([0, 0]);
});

test('the values are those of float64 with the same edits', async () => {
  const model = await tiny;
  const metric = logitDifference(3, 5);
  const result = await patchActivations(model, { clean, corrupted }, { at: 'z', metric, heads: [1], layers: [0] });
  const source = await model.float64(clean);
  const z = source.get('blocks.0.attn.hook_z')!;
  for (const [pos, value] of result.values.entries()) {
    const data = [0, 1].flatMap((b) => [...z.subarray(((b * 7 + pos) * 3 + 1) * 7, ((b * 7 + pos) * 3 + 2) * 7)]);
    const edit: Edit = {
      at: 'blocks.0.attn.hook_z',
      slice: { head: 1, pos },
      op: 'set',
      value: { axes: ['batch', 'dim'], shape: [2, 7], data },
    };
    const logits = (await model.float64(corrupted, { edits: [edit] })).get('unembed.hook_out')!;
    const row = (b: number) => logits.subarray((b * 7 + 6) * 101, (b * 7 + 7) * 101);
    const expected = [0, 1].map((b) => row(b)[3]! - row(b)[5]!).reduce((a, b) => a + b) / 2;
    expect(Math.abs(value - expected) <= 1e-4, `pos ${pos}: ${value}, expected ${expected}`).toBe(true);
  }
});

describe('any edits', () => {
  const vector = { axes: ['model'], shape: [35], data: Float32Array.from({ length: 35 }, (_, i) => i / 10) } as const;
  const both = { axes: ['batch', 'dim'], shape: [2, 7], data: Float32Array.from({ length: 14 }, (_, i) => i) } as const;
  const lists: Edit[][] = [
    [],
    [{ at: 'blocks.0.hook_resid_mid', op: 'add', slice: { pos: 3 }, value: vector }],
    [{ at: 'blocks.0.hook_resid_mid', op: 'add', slice: { pos: 4, batch: 1 }, value: vector }],
    [{ at: 'blocks.0.hook_resid_mid', op: 'scale', slice: { batch: -1 }, by: 1.3 }],
    [{ at: 'blocks.0.hook_resid_mid', op: 'set', slice: { pos: [2, 4] }, value: vector }],
    [{ at: 'blocks.1.attn.hook_k', op: 'set', slice: { pos: 2, head: 2 }, value: both }],
    [
      { at: 'blocks.1.attn.hook_k', op: 'zero', slice: { head: 2, pos: [0, -1] } },
      { at: 'blocks.0.attn.hook_q', op: 'scale', slice: { head: 0 }, by: 0.1 },
      { at: 'blocks.1.attn.hook_k', op: 'add', slice: { head: 2 }, value: 0.7 },
    ],
    [
      { at: 'blocks.0.hook_mlp_out', op: 'zero' },
      { at: 'blocks.1.hook_mlp_out', op: 'zero', slice: { batch: [0, 1] } },
    ],
    [{ at: 'blocks.1.ln1.hook_scale', op: 'scale', by: 2 }],
    [{ at: 'ln_final.hook_normalized', op: 'zero', slice: { pos: -1 } }],
    [{ at: 'unembed.hook_out', op: 'scale', by: 2 }],
    [{ at: 'hook_embed', op: 'scale', by: 2, slice: { pos: 0 } }],
    [{ at: 'blocks.1.hook_resid_pre', op: 'zero', slice: { pos: 1 } }],
    [{ at: 'blocks.0.hook_resid_post', op: 'zero', slice: { pos: 2 } }],
  ];

  test('equal runs of their own, bit for bit, in one batch or many', async () => {
    const model = await tiny;
    const copies = lists.map((edits, i): Copy => ({ name: `copy ${i}`, edits }));
    const expected = await Promise.all(lists.map((edits) => alone(model, clean, edits, all)));
    for (const budget of [undefined, 1]) {
      const result = await sweep(model, clean, copies, { metric: all, ...(budget && { budget }) });
      expect([...result.values]).toEqual(expected);
      expect(result.base).toBe(expected[0]);
    }
  });

  test('whole and in part of the same tensors, in either order, equal runs of their own', async () => {
    const model = await tiny;
    const head: Edit = { at: 'blocks.0.attn.hook_z', op: 'zero', slice: { head: 0 } };
    const whole: Edit = { at: 'blocks.1.mlp.hook_post', op: 'zero' };
    const lists: Edit[][] = [
      [head, whole],
      [head, { ...whole, slice: { neuron: 5 } }],
      [head, { ...whole, slice: { neuron: 6 } }, whole],
      [{ at: 'blocks.0.attn.hook_z', op: 'set', value: 1 }, whole],
    ];
    const copies = lists.map((edits, i): Copy => ({ name: `copy ${i}`, edits }));
    const expected = await Promise.all(lists.map((edits) => alone(model, clean, edits, all)));
    expect(new Set(expected).size).toBe(3); // whole after a part is whole
    for (const budget of [undefined, 1]) {
      const options = { metric: all, ...(budget && { budget }) };
      expect([...(await sweep(model, clean, copies, options)).values]).toEqual(expected);
      const reversed = await sweep(model, clean, copies.toReversed(), options);
      expect([...reversed.values]).toEqual(expected.toReversed());
    }
  });

  test('a batch’s edit outside its copy is refused, as in a run of its own', async () => {
    const model = await tiny;
    const edits: Edit[] = [{ at: 'blocks.0.attn.hook_z', op: 'zero', slice: { batch: 2 } }];
    await expect(sweep(model, clean, [{ name: 'x', edits }], { metric: all })).rejects.toMatchObject({
      code: 'slice-invalid',
      message: expect.stringContaining('batch 2 is outside its size of 2'),
    });
  });
});

test('what the edits cannot change is not computed again', async () => {
  const model = await tiny;
  const program = model.program(2, 7);
  const edits: Edit[] = [{ at: 'blocks.1.attn.hook_z', op: 'zero', slice: { head: 1 } }];
  expect(unchanged(program, edits)).toEqual(['blocks.1.attn.hook_z', 'blocks.0.hook_resid_post']);
  expect(unchanged(program, [{ at: 'blocks.1.attn.hook_k', op: 'zero', slice: { head: 1 } }])).toEqual([
    'blocks.1.attn.hook_k',
    'blocks.1.attn.hook_q',
    'blocks.1.attn.hook_v',
    'blocks.0.hook_resid_post',
  ]);
  const count = async (copies: number) => {
    const before = model.counters.dispatches;
    await sweep(model, clean, new Array(copies).fill({ name: 'z', edits }), { metric: all, budget: 1 });
    return model.counters.dispatches - before;
  };
  // From z on: two edits, W_O with its addition, the norm, into the neurons with GELU, out with an addition, the norm, logits.
  expect((await count(2)) - (await count(1))).toBe(8);
  expect(program.steps.length).toBeGreaterThan(25);
});

test('a batch stays within its budget', async () => {
  const model = await tiny;
  const copies = Array.from({ length: 40 }, (_, i): Copy => {
    const slice = { pos: i % 7, head: i % 3 };
    return { name: `${i}`, edits: [{ at: 'blocks.0.attn.hook_z', slice, op: 'zero' }] };
  });
  const { program } = editProgram(model.program(2, 7), copies[0]!.edits);
  const { all: each } = batchBytes(program, []);
  const batches: number[] = [];
  const onProgress = ({ done }: { done: number }) => void batches.push(done);
  await sweep(model, clean, copies, { metric: all, budget: 15 * each, onProgress });
  expect(batches).toEqual([0, 10, 20, 30, 40]);
});

test('a sweep runs as passes do: one submit and one readback a batch, fused steps, nothing allocated the second time', async () => {
  const model = await fixtureModel('shakespeare');
  const prompts = { clean: [5, 1000, 3, 77, 12, 12, 900, 4], corrupted: [5, 1000, 3, 78, 12, 12, 901, 4] };
  const run = async () => {
    const before = { ...model.counters };
    const { values } = await patchActivations(model, prompts, { at: 'z', metric: logitDifference(5, 6) });
    const { submits, allocations, bytesRetained, dispatches } = model.counters;
    return {
      values,
      submits: submits - before.submits,
      allocations: allocations - before.allocations,
      bytesRetained: bytesRetained - before.bytesRetained,
      dispatches: dispatches - before.dispatches,
    };
  };
  const first = await run();
  const second = await run();
  expect(second).toEqual({ ...first, allocations: 0, bytesRetained: 0, dispatches: expect.any(Number) });
  const batches = model.config.n_layers; // One for each tensor that is patched.
  expect(second.values).toHaveLength(4 * 4 * 8);
  // Those, and both prompts alone: each one submit, and one for each time that something of it is read.
  const { n_layers } = model.config;
  expect(second.dispatches).toBeLessThanOrEqual((batches + 2) * (9 * n_layers + 5));
  const reads = batches + 2 * (n_layers + 1);
  expect(second.submits).toBeLessThanOrEqual(batches + 2 + reads);
});

test('cancelled, a sweep keeps what it has measured and says so', async () => {
  const model = await tiny;
  const whole = await patchActivations(model, { clean, corrupted }, { at: 'resid_pre', metric: all });
  const cancel = new AbortController();
  const seen: number[] = [];
  const result = await patchActivations(
    model,
    { clean, corrupted },
    {
      at: 'resid_pre',
      metric: all,
      budget: 1,
      signal: cancel.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        if (done === 3) cancel.abort();
      },
    },
  );
  expect(result).toMatchObject({ complete: false, done: 3, total: 14 });
  expect(seen).toEqual([0, 1, 2, 3]);
  expect([...result.values]).toEqual([...whole.values.slice(0, 3), ...new Array(11).fill(Number.NaN)]);
  expect(whole.complete).toBe(true);
});

describe('refusals', () => {
  test('a metric that is NaN, naming the patch', async () => {
    const model = await tiny;
    const { bytesRetained } = model.counters;
    const metric: Metric = { name: 'odd', unit: '', of: ({ data }, entry) => (entry === 1 ? Number.NaN : data[0]!) };
    await expect(sweep(model, clean, [{ name: 'blocks.0, pos 2', edits: [] }], { metric })).rejects.toMatchObject({
      code: 'metric-invalid',
      message: 'The metric "odd" is NaN for prompt 1 without edits: though all logits that it reads are numbers.',
    });
    const edits: Edit[] = [
      { at: 'blocks.0.hook_resid_pre', op: 'set', value: Number.NaN, slice: { pos: -1, batch: 1 } },
    ];
    await expect(
      sweep(
        model,
        clean,
        [
          { name: 'sound', edits: [] },
          { name: 'broken', edits },
        ],
        { metric: logitDifference(1, 2) },
      ),
    ).rejects.toMatchObject({
      code: 'metric-invalid',
      message:
        'The metric "logit difference" is NaN for broken, prompt 1: the logit of its position 0, vocab 0 is NaN.',
    });
    expect(model.counters.bytesRetained, 'every trace was disposed').toBe(bytesRetained);
  });

  test('prompts of different shape, places that are not there', async () => {
    const model = await tiny;
    const patch = (options: object, other: number[][] = corrupted) =>
      patchActivations(model, { clean, corrupted: other }, { at: 'z', metric: all, ...options });
    await expect(patch({}, [[1, 2, 3]])).rejects.toMatchObject({
      code: 'analysis-invalid',
      message: expect.stringContaining('[batch 2, pos 7], the corrupted one [batch 1, pos 3]'),
    });
    for (const [options, sentence] of [
      [{ layers: [2] }, 'layer 2 is outside the size of 2'],
      [{ heads: [3] }, 'head 3 is outside the size of 3'],
      [{ positions: [7] }, 'pos 7 is outside the size of 7'],
      [{ at: 'neuron', neurons: [65] }, 'neuron 65 is outside the size of 65'],
    ] as const) {
      await expect(patch(options)).rejects.toMatchObject({
        code: 'slice-invalid',
        message: expect.stringContaining(sentence),
      });
    }
  });

  test('an attention-only model has no neurons', async () => {
    const model = await fixtureModel('induction');
    const prompts = { clean: [0, 1, 2], corrupted: [0, 2, 1] };
    await expect(patchActivations(model, prompts, { at: 'neuron', metric: all })).rejects.toMatchObject({
      code: 'analysis-invalid',
      message: expect.stringContaining('attention-only'),
    });
  });
});

test('shakespeare: a sweep over heads and positions, batched, equals the one-by-one sweep', async () => {
  const model = await fixtureModel('shakespeare');
  const text = 'ROMEO:\nBut soft, what light';
  const prompt = [model.tokenizer!.encode(text)];
  const other = [prompt[0]!.map((id, i) => (i === 5 ? 300 : id))];
  const metric = nextTokenLoss(prompt, [4, -1]);
  const options = { at: 'z', metric, layers: [1, 3], positions: [5, 9] } as const;
  const result = await patchActivations(model, { clean: prompt, corrupted: other }, { ...options, layers: [1, -1] });
  expect(result.indices).toEqual([
    [1, 3],
    [0, 1, 2, 3],
    [5, 9],
  ]);
  const source = await model.run(prompt);
  for (const [i, value] of result.values.entries()) {
    const slice = { head: Math.floor(i / 2) % 4, pos: options.positions[i % 2]! };
    const at = `blocks.${options.layers[Math.floor(i / 8)]}.attn.hook_z`;
    const edit: Edit = { at, op: 'set', slice, value: await source.read(at, slice) };
    expect(value).toBe(await alone(model, other, [edit], metric));
  }
  source.dispose();
});
