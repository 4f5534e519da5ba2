import { describe, expect, onTestFinished, test } from 'vitest';
import {
  describeExplanation,
  type Edit,
  type Explanation,
  type Index,
  indexAt,
  loadModel,
  MASKED,
  type Model,
  type Prompt,
  type RunOptions,
  readTrace,
  type StepExplanation,
  type Trace,
  writeTrace,
} from '../../src/index';
import { sizeOf, stridesOf, type TensorData } from '../../src/tensor/layout';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { modelWithin } from '../harness/split-model';
import { tinyModel } from '../harness/tiny-model';
import { writerOf } from '../harness/writers';
import { random } from '../kernels/numbers';

const PROMPT = 'To be, or not to be';

async function run(model: Model, prompt: Prompt, options: RunOptions = {}): Promise<Trace> {
  const trace = await model.run(prompt, options);
  onTestFinished(() => trace.dispose());
  return trace;
}

async function shakespeare(options: RunOptions = {}) {
  const model = await fixtureModel('shakespeare');
  return { model, trace: await run(model, PROMPT, options) };
}

async function explainStep(model: Model, trace: Trace, name: string, index: Index): Promise<StepExplanation> {
  const explanation = await model.explain(trace, name, index);
  if (explanation.kind !== 'step') throw new Error(`${name} is explained as a ${explanation.kind}`);
  return explanation;
}

/** An element of a whole tensor, found by its named axes. */
function element({ axes, shape, data }: TensorData, index: Index): number {
  const strides = stridesOf(shape);
  return data[axes.reduce((offset, axis, i) => offset + index[axis]! * strides[i]!, 0)]!;
}

/** A number as anything but an explanation reads it, whole tensor by whole tensor. */
function reader(model: Model, trace: Trace) {
  const whole = new Map<string, Promise<TensorData>>();
  return async (name: string, index: Index): Promise<number> => {
    if (name === 'tokens') return trace.tokens[index.batch!]![index.pos!]!;
    const weight = model.weightNames.includes(name);
    if (!whole.has(name)) whole.set(name, weight ? model.weight(name) : trace.read(name));
    return element(await whole.get(name)!, index);
  };
}

/** The bytes of a value as they lie in a buffer. */
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;

async function expectTrue(explanation: Explanation, value: (name: string, index: Index) => Promise<number>) {
  const { tensor, index } = explanation;
  expect(explanation.value, describeExplanation(explanation)).toBe(await value(tensor, index));
  if (explanation.kind !== 'step') return;
  expect(explanation.ok, describeExplanation(explanation)).toBe(true);
  for (const operand of explanation.operands) {
    const got = await value(operand.tensor, operand.index);
    if (got !== operand.value) expect.fail(`${describeExplanation(explanation)}: ${operand.tensor} is ${got}`);
  }
}

describe('shakespeare', () => {
  test('200 random scalars over all kernels: operands as they lie in the buffers, arithmetic within bounds', async () => {
    const { model, trace } = await shakespeare();
    const next = random(5);
    const value = reader(model, trace);
    const steps = [...trace.program.steps, ...trace.program.derived];
    const kinds = [...new Set(steps.map(({ kernel }) => kernel))];
    const seen = new Map<string, number>();
    for (let i = 0; i < 200; i++) {
      const candidates = steps.filter(({ kernel }) => kernel === kinds[i % kinds.length]);
      const step = candidates[Math.floor(next() * candidates.length)]!;
      const ports = Object.entries(step.outputs);
      const [port, name] = ports[Math.floor(next() * ports.length)]!;
      const layout = trace.program.tensors[name]!;
      const index = indexAt(layout, Math.floor(next() * sizeOf(layout.shape)));
      const explanation = await explainStep(model, trace, name, index);
      expect(explanation).toMatchObject({ tensor: name, index, port, kernel: step.kernel, variant: step.variant });
      const list = explanation.derived ? trace.program.derived : trace.program.steps;
      expect(list[explanation.step]).toBe(step);
      await expectTrue(explanation, value);
      seen.set(step.kernel, (seen.get(step.kernel) ?? 0) + 1);
    }
    const all = [
      ...['add', 'attn_mix', 'attn_scores', 'embed', 'gelu_new', 'head_result', 'layernorm', 'matmul', 'pos_embed'],
      ...['softmax', 'unembed'],
    ];
    expect([...seen.keys()].sort()).toEqual(all);
    for (const [kernel, times] of seen) expect(times, kernel).toBeGreaterThan(15);
  });

  test('links lead from a logit to token ids and weights, and every hop agrees', async () => {
    const { model, trace } = await shakespeare();
    const next = random(7);
    const value = reader(model, trace);
    const visited = new Set<string>();
    const ends = new Set<string>();
    let longest = 0;
    for (let walk = 0; walk < 25; walk++) {
      const logit = { batch: 0, pos: -1, vocab: Math.floor(next() * 1024) };
      let here: Explanation = await model.explain(trace, 'unembed.hook_out', logit);
      let hops = 0;
      for (; here.kind === 'step'; hops++) {
        await expectTrue(here, value);
        visited.add(here.kernel);
        if (here.operands.length === 0) break; // a masked score
        // Weights end a walk at once, so most of them go on along activations.
        const activations = here.operands.filter(({ role }) => role !== 'weight');
        const among = activations.length > 0 && next() < 0.95 ? activations : here.operands;
        const operand = among[Math.floor(next() * among.length)]!;
        const there = await model.explain(trace, operand.tensor, operand.index);
        expect(there.value, `${here.tensor} ← ${operand.tensor}`).toBe(operand.value);
        here = there;
      }
      await expectTrue(here, value);
      if (here.kind !== 'step') ends.add(here.kind === 'weight' ? here.tensor : here.kind);
      longest = Math.max(longest, hops);
    }
    expect([...visited].sort()).toEqual([
      'add',
      'attn_mix',
      'attn_scores',
      'embed',
      'gelu_new',
      'layernorm',
      'matmul',
      'pos_embed',
      'softmax',
      'unembed',
    ]);
    expect(ends).toContain('token');
    expect(ends.size).toBeGreaterThan(3);
    expect(longest).toBeGreaterThan(15);
  });

  test('says where the number lies and who stored it', async () => {
    const { model, trace } = await shakespeare();
    const explanation = await explainStep(model, trace, 'blocks.1.mlp.hook_post', { pos: -1, neuron: 77 });
    const value = (await trace.read('blocks.1.mlp.hook_post', { batch: 0, pos: 6, neuron: 77 })).data[0]!;
    expect(explanation).toMatchObject({
      kind: 'step',
      tensor: 'blocks.1.mlp.hook_post',
      index: { batch: 0, pos: 6, neuron: 77 },
      value,
      bits: bitsOf(value),
      buffer: { label: 'blocks.1.mlp.hook_post', byteOffset: 4 * (6 * 512 + 77) },
      kernel: 'gelu_new',
      variant: 'clear',
      fusion: 'matmul_gelu_new',
      entryPoint: 'main',
      port: 'y',
      derived: false,
      about: 'How strongly each neuron fires.',
      writer: writerOf(trace, 'blocks.1.mlp.hook_pre', 6, 77),
      operands: [{ port: 'x', tensor: 'blocks.1.mlp.hook_pre', index: { batch: 0, pos: 6, neuron: 77 } }],
      addends: null,
      magnitude: null,
      cancellation: null,
    });
  });

  test('an alias is explained as the tensor behind it', async () => {
    const { model, trace } = await shakespeare();
    const index = { batch: 0, pos: 3, model: 20 };
    const [alias, own] = await Promise.all([
      model.explain(trace, 'blocks.1.hook_resid_pre', index),
      model.explain(trace, 'blocks.0.hook_resid_post', index),
    ]);
    expect(alias).toEqual(own);
    expect(alias.tensor).toBe('blocks.0.hook_resid_post');
  });

  test('a sum has its addends by magnitude, the running sum and how much cancels', async () => {
    const { model, trace } = await shakespeare();
    const index = { batch: 0, pos: 4, model: 9 };
    const explanation = await explainStep(model, trace, 'blocks.2.hook_mlp_out', index);
    const { addends, magnitude, cancellation, computed, operands } = explanation;
    expect(operands).toHaveLength(512 + 512 + 1);
    expect(addends).toHaveLength(513);
    const sizes = addends!.map(({ value }) => Math.abs(value));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    let running = 0;
    for (const addend of addends!) {
      expect(addend.running).toBe((running += addend.value));
      expect(addend.operands.reduce((product, { value }) => product * value, 1)).toBe(addend.value);
      for (const operand of addend.operands) expect(operands).toContain(operand);
    }
    expect(Math.abs(running - computed) <= 2 ** -40 * magnitude!).toBe(true);
    expect(magnitude).toBeCloseTo(
      sizes.reduce((sum, size) => sum + size, 0),
      10,
    );
    expect(cancellation).toBe(magnitude! / Math.abs(computed));
    expect(cancellation).toBeGreaterThan(1);
  });

  test('a score is its products times the scale; a masked one has no operands', async () => {
    const { model, trace } = await shakespeare();
    const at = { batch: 0, head: 2, query: 3 };
    const seen = await explainStep(model, trace, 'blocks.0.attn.hook_attn_scores', { ...at, key: 1 });
    expect(seen.addends).toHaveLength(32);
    for (const { times } of seen.addends!) expect(times).toBe(1 / Math.sqrt(32));
    const masked = await explainStep(model, trace, 'blocks.0.attn.hook_attn_scores', { ...at, key: 5 });
    expect(masked).toMatchObject({ value: MASKED, computed: MASKED, error: 0, ok: true, operands: [], addends: null });
    expect(masked.formula.note).toContain('key 5 comes after query 3');
    expect(masked.formula.numbers).toEqual([]);
  });

  test('each output of a layernorm is explained from its row; only the gain and the bias of its column are read', async () => {
    const { model, trace } = await shakespeare();
    const at = { batch: 0, pos: 2 };
    const scale = await explainStep(model, trace, 'blocks.1.ln1.hook_scale', at);
    expect(scale).toMatchObject({ port: 'scale', index: { batch: 0, pos: 2, one: 0 } });
    expect(scale.operands).toHaveLength(128);
    const normalized = await explainStep(model, trace, 'blocks.1.ln1.hook_normalized', { ...at, model: 77 });
    expect(normalized.operands).toHaveLength(128);
    const out = await explainStep(model, trace, 'blocks.1.ln1.hook_out', { ...at, model: 77 });
    expect(out.operands.slice(128)).toMatchObject([
      { port: 'gain', tensor: 'blocks.1.ln1.w', index: { model: 77 }, role: 'weight' },
      { port: 'bias', tensor: 'blocks.1.ln1.b', index: { model: 77 }, role: 'weight' },
    ]);
    expect(out.formula.numbers.map((line) => line.split(' = ')[0])).toEqual(['mean', 'scale', 'normalized', 'out']);
    for (const explanation of [scale, normalized, out]) {
      const last = Number(explanation.formula.numbers.at(-1)!.split(' = ').at(-1));
      expect(Math.abs(last - explanation.computed) <= 1e-8 * Math.abs(explanation.computed)).toBe(true);
    }
  });

  test('what each head alone writes is derived, and says so', async () => {
    const { model, trace } = await shakespeare();
    const explanation = await explainStep(model, trace, 'blocks.3.attn.hook_result', { pos: 1, head: 2, model: 5 });
    expect(explanation).toMatchObject({ derived: true, kernel: 'head_result', ok: true });
    expect(trace.program.derived[explanation.step]!.outputs).toEqual({ result: 'blocks.3.attn.hook_result' });
  });

  test('a token is its id and its text', async () => {
    const { model, trace } = await shakespeare();
    expect(await model.explain(trace, 'tokens', { pos: 2 })).toEqual({
      kind: 'token',
      tensor: 'tokens',
      index: { batch: 0, pos: 2 },
      value: trace.tokens[0]![2],
      bits: trace.tokens[0]![2],
      buffer: { label: 'tokens', byteOffset: 8 },
      operands: [],
      text: trace.labels[0]![2],
    });
  });

  test('reads the operands of one number, not the tensors that they lie in', async () => {
    const { model, trace } = await shakespeare();
    const bytes = async (name: string, index: Index) => {
      const before = model.counters.bytesRead;
      await model.explain(trace, name, index);
      return model.counters.bytesRead - before;
    };
    expect(await bytes('hook_embed', { pos: 1, model: 3 })).toBe(8); // the value and one of the table
    expect(await bytes('embed.W_E', { vocab: 900, model: 3 })).toBe(4);
    expect(await bytes('unembed.hook_out', { pos: 1, vocab: 3 })).toBe(4 * (1 + 128 + 128 + 1));
    expect(await bytes('blocks.0.hook_mlp_out', { pos: 1, model: 3 })).toBe(4 * (1 + 512 + 512 + 1));
    expect(await bytes('blocks.0.attn.hook_z', { pos: 6, head: 1, dim: 3 })).toBe(4 * (1 + 7 + 7));
  });

  test.each([{ retain: 'checkpoints' }, { retain: [] }] as const)(
    'what $retain has not retained is replayed',
    async ({ retain }) => {
      const { model, trace } = await shakespeare({ retain });
      const all = await run(model, PROMPT);
      for (const [name, index] of [
        ['blocks.2.attn.hook_pattern', { head: 1, query: 5, key: 4 }],
        ['blocks.3.ln2.hook_out', { pos: 5, model: 4 }],
      ] as const) {
        expect(await model.explain(trace, name, index)).toEqual(await model.explain(all, name, index));
      }
    },
  );

  test('of a pass whose output is wanted at one position, each number that it holds', async () => {
    const { model, trace } = await shakespeare({ positions: [-1] });
    const logit = await explainStep(model, trace, 'unembed.hook_out', { vocab: 9 });
    expect(logit.ok).toBe(true);
    const step = trace.program.steps.find(({ inputs }) => inputs.ids?.startsWith('rows['))!;
    const taken = await explainStep(model, trace, step.outputs.out!, { head: 2, dim: 9 });
    expect(taken).toMatchObject({ kernel: 'embed', ok: true, error: 0 });
    const rows = taken.operands.find(({ port }) => port === 'ids')!;
    expect(rows).toMatchObject({ value: 6, role: 'input' });
    expect(await model.explain(trace, rows.tensor, rows.index)).toMatchObject({
      kind: 'input',
      value: 6,
      bits: 6,
      text: null,
    });
    await expect(
      model.explain(trace, 'blocks.3.attn.hook_result', { pos: 0, head: 0, model: 0 }),
    ).rejects.toMatchObject({
      code: 'tensor-unknown',
      message: 'No step of this run writes blocks.3.attn.hook_result: it ran without what leads there.',
    });
  });
});

describe('weights', () => {
  test('lie where the matmul reads them, whichever way their axes are named', async () => {
    const { model, trace } = await shakespeare();
    const index = { head: 3, model: 100, dim: 7 };
    const explanation = await model.explain(trace, 'blocks.2.attn.W_Q', index);
    const value = element(await model.weight('blocks.2.attn.W_Q'), index);
    const offset = 100 * 128 + 3 * 32 + 7; // stored as [model, head, dim]
    expect(explanation).toEqual({
      kind: 'weight',
      tensor: 'blocks.2.attn.W_Q',
      index,
      value,
      bits: bitsOf(value),
      buffer: { label: 'blocks.2.attn.W_QKV', byteOffset: 4 * offset },
      operands: [],
      stored: { tensor: 'blocks.2.attn.W_QKV', axes: ['model', 'head', 'dim'], offset, rows: null, shared: false },
    });
  });

  test('a tied unembedding lies in the embedding', async () => {
    const { model, trace } = await shakespeare();
    const explanation = await model.explain(trace, 'unembed.W_U', { model: 5, vocab: 900 });
    const place = { label: 'embed.W_E', byteOffset: 4 * (900 * 128 + 5) };
    expect(explanation).toMatchObject({
      tensor: 'unembed.W_U',
      index: { model: 5, vocab: 900 },
      value: element(await model.weight('embed.W_E'), { vocab: 900, model: 5 }),
      buffer: place,
      stored: { tensor: 'embed.W_E', axes: ['vocab', 'model'], shared: true },
    });
    const table = await model.explain(trace, 'embed.W_E', { model: 5, vocab: 900 });
    expect(table).toMatchObject({ tensor: 'embed.W_E', buffer: place, stored: { shared: true } });
    expect(describeExplanation(explanation)).toContain('share this memory');
  });

  test.each([
    ['untied', false],
    ['tied', true],
  ] as const)('%s tables that are split by rows: whole names, the part that holds the row', async (_, tied) => {
    const model = await modelWithin(70 * 35 * 4, tied);
    onTestFinished(() => model.dispose());
    const trace = await run(model, [[0, 69, 70, 139, 140, 196]]);
    const value = reader(model, trace);

    for (const vocab of [0, 69, 70, 196]) {
      let here = await explainStep(model, trace, 'unembed.hook_out', { pos: 3, vocab });
      while (here.kernel === 'concat') {
        expect(here).toMatchObject({ ok: true, error: 0 });
        expect(here.operands).toHaveLength(1);
        here = await explainStep(model, trace, here.operands[0]!.tensor, here.operands[0]!.index);
      }
      expect(here.kernel).toBe('unembed');
      expect(here.ok).toBe(true);
      const weight = here.operands.find(({ port }) => port === 'w')!;
      expect(weight).toMatchObject({ tensor: 'unembed.W_U', index: { model: 0, vocab }, role: 'weight' });
      expect(weight.value).toBe(await value('unembed.W_U', weight.index));
      const from = Math.floor(vocab / 70) * 70;
      const part = `${tied ? 'embed.W_E' : 'unembed.W_U'}[${from}:${Math.min(from + 70, 197)}]`;
      expect(await model.explain(trace, 'unembed.W_U', weight.index)).toMatchObject({
        tensor: 'unembed.W_U',
        value: weight.value,
        buffer: { label: part, byteOffset: 4 * 35 * (vocab - from) },
        stored: { tensor: part, offset: 35 * (vocab - from), rows: [from, Math.min(from + 70, 197)], shared: tied },
      });
    }

    const kernels = new Set<string>();
    for (let pos = 0; pos < 6; pos++) {
      const open: { tensor: string; index: Index }[] = [{ tensor: 'hook_embed', index: { batch: 0, pos, model: 11 } }];
      const ends: Explanation[] = [];
      for (let next = open.pop(); next; next = open.pop()) {
        const here = await model.explain(trace, next.tensor, next.index);
        if (here.kind === 'weight') ends.push(here);
        if (here.kind !== 'step') continue;
        expect(here.ok).toBe(true);
        kernels.add(here.kernel);
        if (here.formula.note) expect(here.value).toBe(0);
        open.push(...here.operands);
      }
      const id = trace.tokens[0]![pos]!;
      expect(ends).toMatchObject([{ tensor: 'embed.W_E', index: { vocab: id, model: 11 } }]);
    }
    expect([...kernels].sort()).toEqual(['add', 'embed']);

    const local = await model.explain(trace, 'embed.W_E[70:140]', { vocab: 2, model: 3 });
    expect(local).toEqual(await model.explain(trace, 'embed.W_E', { vocab: 72, model: 3 }));
    await expect(model.explain(trace, 'embed.W_E', { vocab: 197, model: 3 })).rejects.toMatchObject({
      code: 'slice-invalid',
      message: 'embed.W_E: vocab 197 is outside its size of 197.',
    });
  });
});

describe('edited runs', () => {
  const at = { batch: 0, pos: 2, model: 30 };
  const edits: Edit[] = [
    { at: 'blocks.1.hook_resid_pre', slice: { pos: 2 }, op: 'scale', by: 0.5 },
    { at: 'blocks.1.hook_resid_pre', slice: { pos: 3 }, op: 'zero' },
    { at: 'blocks.2.ln1.hook_scale', slice: { pos: 1 }, op: 'add', value: 0.25 },
    { at: 'blocks.2.hook_mlp_out', op: 'set', value: 2 },
  ];

  test('an edited number is explained by the edit, what was there before by its own step', async () => {
    const { model, trace } = await shakespeare({ edits });
    const value = reader(model, trace);
    const edited = await explainStep(model, trace, 'blocks.1.hook_resid_pre', at);
    await expectTrue(edited, value);
    expect(edited).toMatchObject({ kernel: 'edit', tensor: 'blocks.0.hook_resid_post' });
    expect(edited.operands.map(({ tensor, role }) => [tensor, role])).toEqual([
      ['blocks.0.hook_resid_post:before', 'activation'],
      ['blocks.0.hook_resid_post:weight', 'input'],
      ['blocks.0.hook_resid_post:offset', 'input'],
    ]);
    expect(edited.formula.numbers[0]).toMatch(/^y = 0\.5·\S+ \+ 0 = /);
    const before = await explainStep(model, trace, 'blocks.0.hook_resid_post:before', at);
    expect(before).toMatchObject({ kernel: 'add', value: edited.operands[0]!.value, ok: true });
    expect(await model.explain(trace, 'blocks.0.hook_resid_post:weight', at)).toMatchObject({
      kind: 'input',
      value: 0.5,
      bits: bitsOf(0.5),
      text: null,
    });
    const kept = await explainStep(model, trace, 'blocks.1.hook_resid_pre', { ...at, pos: 1 });
    expect(kept.formula.numbers[0]).toContain('the edit keeps this element');
    const zeroed = await explainStep(model, trace, 'blocks.1.hook_resid_pre', { ...at, pos: 3 });
    expect(zeroed).toMatchObject({ value: 0, computed: 0, ok: true });
    expect(zeroed.formula.numbers[0]).toContain('what was there does not count');
  });

  test('what was set everywhere reads nothing of what was there', async () => {
    const { model, trace } = await shakespeare({ edits });
    const set = await explainStep(model, trace, 'blocks.2.hook_mlp_out', at);
    expect(set).toMatchObject({ kernel: 'edit', value: 2, ok: true });
    expect(set.operands.map(({ tensor }) => tensor)).not.toContain('blocks.2.hook_mlp_out:before');
  });

  test('a layernorm that an edit has split agrees in each of its steps', async () => {
    const { model, trace } = await shakespeare({ edits });
    const value = reader(model, trace);
    const seen = new Set<string>();
    for (const pos of [1, 2]) {
      for (const name of ['hook_scale', 'hook_scale:before', 'hook_normalized', 'hook_out']) {
        const index = { pos, ...(name.includes('scale') ? {} : { model: 30 }) };
        const explanation = await explainStep(model, trace, `blocks.2.ln1.${name}`, index);
        await expectTrue(explanation, value);
        seen.add(explanation.kernel);
      }
    }
    expect([...seen]).toEqual(['edit', 'ln_scale', 'ln_divide', 'ln_affine']);
  });

  test('NaN lies within no bound, and its origin is named', async () => {
    const edit: Edit = { at: 'blocks.1.mlp.hook_post', slice: { pos: 2, neuron: 5 }, op: 'set', value: Number.NaN };
    const { model, trace } = await shakespeare({ edits: [edit] });
    const explanation = await explainStep(model, trace, 'blocks.1.hook_mlp_out', at);
    expect(explanation).toMatchObject({ ok: false, value: Number.NaN, computed: Number.NaN });
    expect(explanation.bits & 0x7fc00000).toBe(0x7fc00000);
    const text = describeExplanation(explanation);
    expect(text).toContain('operands that are not finite: blocks.1.mlp.hook_post[batch 0, pos 2, neuron 5] = NaN\n');
    expect(text).toContain('NaN lies within no bound');
  });
});

describe('refusals', () => {
  test.each([
    [{ batch: 0, pos: 9, model: 0 }, 'hook_embed: pos 9 is outside its size of 7.'],
    [{ batch: 1, pos: 0, model: 0 }, 'hook_embed: batch 1 is outside its size of 1.'],
    [{ pos: -8, model: 0 }, 'hook_embed: pos -8 is outside its size of 7.'],
    [{ pos: 0.5, model: 0 }, 'hook_embed: pos 0.5 is outside its size of 7.'],
    [{ pos: Number.NaN, model: 0 }, 'hook_embed: pos NaN is outside its size of 7.'],
    [{ pos: 0, model: 0, head: 1 }, 'hook_embed has no axis head: it is [batch 1, pos 7, model 128].'],
    [
      { pos: 0 },
      'hook_embed [batch 1, pos 7, model 128]: one number needs an index along each axis, got none for model. Give one from 0 to 127.',
    ],
    [
      { pos: [0, 1], model: 0 } as unknown as Index,
      'hook_embed [batch 1, pos 7, model 128]: one number needs an index along each axis, got 0,1 for pos. Give one from 0 to 6.',
    ],
  ])('of the index %j', async (index, message) => {
    const { model, trace } = await shakespeare();
    await expect(model.explain(trace, 'hook_embed', index)).rejects.toMatchObject({ code: 'slice-invalid', message });
  });

  test.each([
    ['blocks.0.hook_resid_pst', 'blocks.0.hook_resid_post'],
    ['blocks.0.mlp.W_im', 'blocks.0.mlp.W_in'],
    ['token', 'tokens'],
    ['constructor', 'hook'],
  ])('of the tensor %s, with names near it', async (name, near) => {
    const { model, trace } = await shakespeare();
    const refused = model.explain(trace, name, {});
    await expect(refused).rejects.toMatchObject({ code: 'tensor-unknown' });
    await expect(refused).rejects.toThrow(`This run has no tensor named ${name}. Near it: `);
    await expect(refused).rejects.toThrow(near);
  });

  test('of a recorded trace', async () => {
    const { model, trace } = await shakespeare();
    const recorded = readTrace(await writeTrace(trace, { hooks: ['hook_embed'] }));
    await expect(model.explain(recorded, 'hook_embed', { pos: 0, model: 0 })).rejects.toMatchObject({
      code: 'not-live',
      message:
        'This trace is a recording, so the buffers that its numbers came from are gone. Run the prompt on the model and explain that trace.',
    });
  });

  test("of another model's trace, and of one that was disposed", async () => {
    const model = await fixtureModel('shakespeare');
    const other = await run(await fixtureModel('induction'), [[0, 1, 2]]);
    await expect(model.explain(other, 'hook_embed', { pos: 0, model: 0 })).rejects.toMatchObject({
      code: 'usage',
      message: 'This trace is a pass of induction, which has other weights than this model. Ask the model that ran it.',
    });
    const trace = await model.run(PROMPT);
    trace.dispose();
    await expect(model.explain(trace, 'hook_embed', { pos: 0, model: 0 })).rejects.toMatchObject({ code: 'disposed' });
  });
});

test.each([
  ['gelu', 'LN', 'bidirectional'],
  ['silu', 'LNPre', 'causal'],
  ['relu', null, 'causal'],
] as const)(
  'a model with %s, %s, %s: one number of every tensor agrees',
  async (act_fn, normalization_type, attention_dir) => {
    const files = tinyModel({ act_fn, normalization_type, attention_dir });
    const model = await loadModel(files, { device: await testDevice() });
    onTestFinished(() => model.dispose());
    const trace = await run(model, [
      [5, 100, 3, 3, 17],
      [0, 9, 9, 50, 2],
    ]);
    const value = reader(model, trace);
    const next = random(3);
    const seen = new Set<string>();
    for (const name of trace.names) {
      const layout = trace.layout(name);
      const index = indexAt(layout, Math.floor(next() * sizeOf(layout.shape)));
      const explanation = await explainStep(model, trace, name, index);
      await expectTrue(explanation, value);
      seen.add(explanation.kernel);
    }
    expect(seen).toContain(act_fn);
    expect(seen).toContain('head_result');
  },
);

describe('as text', () => {
  test('a sum, with its largest addends', async () => {
    const { model, trace } = await shakespeare();
    const text = describeExplanation(await model.explain(trace, 'blocks.0.hook_resid_mid', { pos: 1, model: 2 }));
    const { workgroup, local } = writerOf(trace, 'blocks.0.hook_attn_out', 1, 2);
    expect(text.replaceAll(/-?\d+\.\d+(e[-+]\d+)?/g, '#').split('\n')).toEqual([
      'blocks.0.hook_resid_mid at batch 0, pos 1, model 2 = #',
      expect.stringMatching(/^ {2}bits 0x[0-9a-f]{8}, at byte 520 of the buffer blocks\.0\.hook_resid_mid$/),
      expect.stringMatching(/^ {2}step \d+, add \(clear\) within matmul_add: .*\.$/),
      `  stored by invocation (${local}) of workgroup (${workgroup}), entry point main`,
      '  sum[i] = a[i] + b[i]',
      expect.stringMatching(/^ {4}sum = \(?#\)? \+ \(?#\)? = #$/),
      '  float64 on these operands gives #; the buffer differs by #, the bound is #: it agrees',
      expect.stringMatching(/^ {2}2 addends, Σ\|addend\| = #: the parts are # times as large as the whole$/),
      '           addend    running sum',
      expect.stringMatching(/^ +# +# {2}\S+\[batch 0, pos 1, model 2\] = #$/),
      expect.stringMatching(/^ +# +# {2}\S+\[batch 0, pos 1, model 2\] = #$/),
    ]);
  });

  test('a long list shows the largest, and how many more there are', async () => {
    const { model, trace } = await shakespeare();
    const sum = await model.explain(trace, 'unembed.hook_out', { pos: 1, vocab: 2 });
    expect(describeExplanation(sum)).toContain('\n    … and 121 more');
    expect(describeExplanation(sum, { most: 1000 }).split('\n')).toHaveLength(9 + 129);
    const row = await model.explain(trace, 'blocks.0.attn.hook_pattern', { head: 0, query: 1, key: 0 });
    const lines = describeExplanation(row, { most: 2 }).split('\n');
    expect(lines).toContain('  7 operands:');
    expect(lines.at(-1)).toBe('    … and 5 more');
    expect(lines.filter((line) => line.includes('query 1, key'))).toHaveLength(2 + 1);
    expect(lines.join()).not.toContain('-1e+30'); // A masked score is not among the largest.
  });

  test('a masked score, a token', async () => {
    const { model, trace } = await shakespeare();
    const masked = await model.explain(trace, 'blocks.0.attn.hook_attn_scores', { head: 0, query: 1, key: 4 });
    expect(describeExplanation(masked)).toContain(
      '    key 4 comes after query 1 and causal attention does not look ahead: the score is masked, -1e+30 whatever q and k are\n' +
        '  float64 on these operands gives -1e+30; the buffer differs by 0.00e+0',
    );
    expect(describeExplanation(await model.explain(trace, 'tokens', { pos: 1 }))).toMatch(
      /^tokens at batch 0, pos 1 = (\d+)\n {2}bits 0x[0-9a-f]{8}, at byte 4 of the buffer tokens\n {2}token id \1: " be"; nothing computed it$/,
    );
  });
});
