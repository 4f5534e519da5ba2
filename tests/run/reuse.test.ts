/** A pass that goes on from an earlier one, as while typing at the end of a prompt. */
import { afterAll, describe, expect, test } from 'vitest';
import gelu from '../../shaders/gelu_new.wgsl?raw';
import type { StepExplanation } from '../../src/debug/explanation';
import { requestDevice } from '../../src/gpu/device';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { ForwardProgram, Step } from '../../src/program/program';
import { describeStepError } from '../../src/run/check-steps';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const before = [1, 5, 9, 100, 0, 7, 7];
const loaded = testDevice().then((device) => loadModel(tinyModel({ n_heads: 4, d_head: 16 }), { device }));
afterAll(async () => (await loaded).dispose());

const bitsOf = async (trace: Trace, name: string) => new Uint32Array((await trace.read(name)).data.slice().buffer);

/** Runs a prompt on its own and from an earlier one, and expects the same of both, bit for bit. */
async function expectSame(model: Model, from: number[] | number[][], tokens: number[] | number[][], reused: number) {
  const earlier = await model.run(from);
  const [whole, trace] = [await model.run(tokens), await model.run(tokens, { reuse: earlier })];
  expect(trace.reused).toBe(reused);
  expect(trace.names).toEqual(whole.names);
  for (const name of whole.names) {
    expect(trace.layout(name), name).toEqual(whole.layout(name));
    expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
  }
  for (const one of [earlier, whole, trace]) one.dispose();
}

describe('has the bits of the whole pass', () => {
  test.each([
    ['one token more', [...before, 3], 7],
    ['three tokens more', [...before, 3, 100, 0], 7],
    ['the last token taken back', before.slice(0, 6), 5],
    ['the same tokens', before, 6],
    ['another token in the middle', [1, 5, 9, 2, 0, 7, 7], 3],
    ['another ending', [1, 5, 9, 100, 4, 4, 4, 4, 4], 4],
  ])('%s', async (_, tokens, reused) => {
    await expectSame(await loaded, before, tokens, reused);
  });

  test('a batch, as far as all of its prompts agree', async () => {
    const batch = [before, [2, 2, 2, 2, 3, 3, 3]];
    await expectSame(
      await loaded,
      batch,
      [
        [...before, 8],
        [2, 2, 2, 2, 3, 9, 9, 9],
      ],
      5,
    );
  });

  test.each([
    ['shakespeare', [5, 1000, 3, 77, 12, 12, 900]],
    ['induction', [0, 4, 9, 4, 9]],
    ['modular-addition', [12, 34, 113]],
  ] as const)('%s', async (name, tokens) => {
    await expectSame(await fixtureModel(name), tokens.slice(0, -1), [...tokens], tokens.length - 1);
  });

  test.each([{ attn_only: true }, { normalization_type: null }, { normalization_type: 'LNPre' }] as const)(
    '%o',
    async (change) => {
      const model = await loadModel(tinyModel(change), { device: await testDevice() });
      await expectSame(model, before, [...before, 3], 7);
      model.dispose();
    },
  );

  test.each([0, 2])('a batch, from passes of one length and then of another: %i layers', async (n_layers) => {
    const model = await loadModel(tinyModel({ n_layers }), { device: await testDevice() });
    const [one, other] = [before.slice(0, 5), [6, 7, 8, 9, 10]];
    const tokens = [
      [...one, 30, 31, 32],
      [...other, 33, 34, 35],
    ];
    for (const more of [2, 4, 2]) {
      const from = [one, other].map((list, b) => [...list, ...Array.from({ length: more }, (_, i) => 40 + 10 * b + i)]);
      await expectSame(model, from, tokens, 5);
    }
    model.dispose();
  });

  test('typed one token after another, each from the one before', async () => {
    const model = await loaded;
    let trace = await model.run([before[0]!]);
    for (let length = 2; length <= before.length; length++) {
      const next = await model.run(before.slice(0, length), { reuse: trace });
      expect(next.reused).toBe(length - 1);
      trace.dispose();
      trace = next;
    }
    const whole = await model.run(before);
    for (const name of whole.names) expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
    for (const one of [trace, whole]) one.dispose();
  });
});

test('options that are given as undefined change nothing', async () => {
  const model = await loaded;
  const earlier = await model.run(before);
  const none = { edits: undefined, rewrite: undefined, output: undefined, positions: undefined, shared: undefined };
  const trace = await model.run([...before, 3], { reuse: earlier, retain: undefined, ...none } as object);
  expect(trace.reused).toBe(7);
  for (const one of [earlier, trace]) one.dispose();
});

test('it goes on from a pass whose program is kept no more', async () => {
  const model = await loaded;
  const earlier = await model.run(before);
  const own = model.program(1, before.length);
  for (let pos = 1; pos <= 24; pos++) model.program(2, pos);
  expect(model.program(1, before.length)).not.toBe(own);
  const trace = await model.run([...before, 3], { reuse: earlier });
  expect(trace.reused).toBe(7);
  for (const one of [earlier, trace]) one.dispose();
});

test('it computes the new positions only: one submit, what a single position costs, nothing allocated the second time', async () => {
  const model = await fixtureModel('shakespeare');
  const tokens = Array.from({ length: 48 }, (_, pos) => (pos * 37) % 1024);
  const earlier = await model.run(tokens.slice(0, -1));
  const counted = async (run: () => Promise<Trace>) => {
    const before = { ...model.counters };
    const trace = await run();
    const { flops, submits, dispatches, allocations } = model.counters;
    trace.dispose();
    return {
      flops: flops - before.flops,
      submits: submits - before.submits,
      dispatches: dispatches - before.dispatches,
      allocations: allocations - before.allocations,
    };
  };
  const whole = await counted(() => model.run(tokens));
  const one = await counted(() => model.run([5]));
  const grown = () => model.run(tokens, { reuse: earlier });
  await counted(grown);
  const again = await counted(grown);
  // Scores and patterns are joined by one dispatch a layer, all else by copies: beside the 8 of a layer the ninth.
  const { n_layers, n_heads, d_head } = model.config;
  expect(again).toEqual({
    submits: 1,
    allocations: 0,
    dispatches: whole.dispatches + n_layers,
    // Beside those of one position: its products with 47 earlier keys and values, and their softmax.
    flops: expect.any(Number),
  });
  const attention = n_layers * n_heads * 47 * (4 * d_head + 8);
  expect(again.flops).toBeGreaterThan(one.flops);
  expect(again.flops).toBeLessThanOrEqual(one.flops + attention);
  earlier.dispose();
});

/** What is given to the compiler from now on. */
function compiledOn(device: GPUDevice): (string | undefined)[] {
  const compiled: (string | undefined)[] = [];
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    compiled.push(descriptor.label);
    return create(descriptor);
  };
  return compiled;
}

test('it compiles nothing for what is copied', async () => {
  const device = await requestDevice();
  const model = await loadModel(tinyModel(), { device });
  const earlier = await model.run(before);
  const compiled = compiledOn(device);
  const trace = await model.run([...before, 3], { reuse: earlier });
  expect(trace.reused).toBe(7);
  expect(compiled).toContain('extend_attention');
  expect(compiled).not.toContain('extend_rows');
  device.destroy();
});

test('what was prepared for it compiles nothing more, and asks nothing else of the device', async () => {
  const device = await requestDevice();
  // Its larger products have other shaders for one row, for few and for many.
  const model = await loadModel(tinyModel({ n_heads: 16, d_head: 16, d_mlp: 512 }), { device });
  const earlier = await model.run([...before, ...before, ...before]);
  const compiled = compiledOn(device);
  const asked = { ...model.counters };
  await model.prepareReuse(earlier);
  expect(model.counters).toEqual(asked);
  const { length } = compiled;
  expect(compiled).toContain('extend_attention');
  expect(compiled).not.toContain('extend_rows');
  for (const tokens of [
    [...before, ...before, ...before, 3],
    [...before, ...before, 1, 5, 9, 100, 0, 4, 5],
  ]) {
    const trace = await model.run(tokens, { reuse: earlier });
    expect(trace.reused).toBeGreaterThan(18);
  }
  expect(compiled.slice(length)).toEqual([]);
  device.destroy();
});

test('nothing is prepared for a pass that cannot be gone on from', async () => {
  const device = await requestDevice();
  const model = await loadModel(tinyModel(), { device });
  const [short, edited] = [
    await model.run([1]),
    await model.run(before, { edits: [{ at: 'blocks.0.hook_mlp_out', op: 'zero' }] }),
  ];
  const compiled = compiledOn(device);
  for (const trace of [short, edited]) await model.prepareReuse(trace);
  expect(compiled).toEqual([]);
  device.destroy();
});

test('every step of it passes the check, and is explained down to token ids, whichever pass has computed it', async () => {
  const model = await loaded;
  const earlier = await model.run(before);
  const trace = await model.run([...before, 3], { reuse: earlier });
  earlier.dispose();
  let checked = 0;
  for await (const error of model.check(trace)) {
    expect(describeStepError(error)).toBeTruthy();
    expect([error.tensor, error.ok, error.differs]).toEqual([error.tensor, true, []]);
    checked++;
  }
  const whole = await model.run([...before, 3]);
  expect(checked).toBe(whole.program.steps.flatMap(({ outputs }) => Object.values(outputs)).length);
  expect(trace.program).toEqual(whole.program);
  const name = 'blocks.0.mlp.hook_post';
  const taken = await model.explain(trace, name, { pos: 2, neuron: 3 });
  expect(taken).toMatchObject({ kind: 'step', reused: true, writer: null, ok: true });
  expect(taken.operands[0]).toMatchObject({ tensor: 'blocks.0.mlp.hook_pre', index: { pos: 2, neuron: 3 } });
  // A new position is the only row that this pass has computed: as in a pass of one token.
  const [one, computed] = [await model.run([3]), await model.explain(trace, name, { pos: 7, neuron: 3 })];
  const alone = await model.explain(one, name, { pos: 0, neuron: 3 });
  expect(computed).toMatchObject({ reused: false, ok: true, writer: (alone as StepExplanation).writer });
  expect((computed as StepExplanation).writer).not.toBeNull();
  for (const trace of [whole, one]) trace.dispose();
  trace.dispose();
});

describe('takes nothing from', () => {
  const reusedOf = async (model: Model, tokens: number[], reuse: Trace, options = {}) => {
    const trace = await model.run(tokens, { reuse, ...options });
    const { reused } = trace;
    trace.dispose();
    reuse.dispose();
    return reused;
  };

  test('a pass with another first token, with edits, of another model, or one that kept too little', async () => {
    const model = await loaded;
    const other = await fixtureModel('induction');
    const edits = [{ at: 'blocks.0.hook_attn_out', op: 'zero' }] as const;
    expect(await reusedOf(model, before, await model.run([2, ...before.slice(1)]))).toBe(0);
    expect(await reusedOf(model, before, await model.run(before, { edits }))).toBe(0);
    expect(await reusedOf(model, before, await model.run(before), { edits })).toBe(0);
    expect(await reusedOf(model, before, await other.run([1, 5, 9]))).toBe(0);
    expect(await reusedOf(model, before, await model.run(before, { retain: [] }))).toBe(0);
    expect(await reusedOf(model, before, await model.run(before, { positions: [-1] }))).toBe(0);
  });

  test('a pass whose program was rewritten: another eps, another shader', async () => {
    const model = await loaded;
    const changes: ((step: Step) => Step)[] = [
      (step) => ({ ...step, uniforms: { ...step.uniforms, ...('eps' in step.uniforms && { eps: 0.5 }) } }),
      (step) => (step.kernel === 'matmul' ? { ...step, variant: 'clear' } : step),
    ];
    for (const change of changes) {
      const rewrite = (program: ForwardProgram) => ({ ...program, steps: program.steps.map(change) });
      expect(await reusedOf(model, [...before, 3], await model.run(before, { rewrite }))).toBe(0);
    }
  });

  test('the same model on another device, and the same with shaders of the reader', async () => {
    const device = await requestDevice();
    const problems: string[] = [];
    device.addEventListener('uncapturederror', ({ error }) => problems.push(error.message));
    const elsewhere = await loadModel(tinyModel({ n_heads: 4, d_head: 16 }), { device });
    const trace = await elsewhere.run([...before, 3], { reuse: await (await loaded).run(before) });
    expect(trace.reused).toBe(0);
    const whole = await (await loaded).run([...before, 3]);
    expect(await bitsOf(trace, 'unembed.hook_out')).toEqual(await bitsOf(whole, 'unembed.hook_out'));
    expect(problems).toEqual([]);
    whole.dispose();
    device.destroy();
    const kernels = { 'gelu_new.wgsl': gelu };
    const own = await loadModel(tinyModel({ n_heads: 4, d_head: 16 }), { device: await testDevice(), kernels });
    expect(await reusedOf(await loaded, [...before, 3], await own.run(before))).toBe(0);
    own.dispose();
  });

  test('a model in which positions look ahead', async () => {
    const model = await loadModel(tinyModel({ attention_dir: 'bidirectional' }), { device: await testDevice() });
    expect(await reusedOf(model, [...before, 3], await model.run(before))).toBe(0);
    model.dispose();
  });

  test('a pass that is stopped amid its steps', async () => {
    const model = await loaded;
    const session = await model.debug(before);
    await session.step();
    const trace = await model.run([...before, 3], { reuse: session.trace });
    expect(trace.reused).toBe(0);
    for (const one of [trace, session]) one.dispose();
  });

  test('one that was disposed', async () => {
    const model = await loaded;
    const gone = await model.run(before);
    gone.dispose();
    expect(await reusedOf(model, [...before, 3], gone)).toBe(0);
  });
});

test('what ran is told: the steps at the new positions, and what joins them with the earlier ones', async () => {
  const model = await loaded;
  const earlier = await model.run(before);
  const trace = await model.run([...before, 3, 4], { reuse: earlier });
  const { steps, tensors } = trace.ran!;
  const joins = steps.filter(({ kernel }) => kernel.startsWith('extend_'));
  const written = earlier.program.steps.flatMap(({ outputs }) => Object.values(outputs));
  expect(joins.map(({ outputs }) => outputs.out).sort()).toEqual(written.sort());
  for (const { inputs, outputs } of joins) expect(inputs.later).toBe(`${outputs.out}[later]`);
  for (const { outputs } of steps.filter((step) => !joins.includes(step))) {
    for (const name of Object.values(outputs)) {
      const { axes, shape } = tensors[name]!;
      expect([name, shape[axes.findIndex((axis) => axis === 'pos' || axis === 'query')]]).toEqual([name, 2]);
    }
  }
  expect(earlier.ran).toBe(earlier.program);
  for (const one of [earlier, trace]) one.dispose();
});

test('keys and values are enough to go on from', async () => {
  const model = await loaded;
  const retain = [0, 1].flatMap((layer) => [`blocks.${layer}.attn.hook_k`, `blocks.${layer}.attn.hook_v`]);
  const earlier = await model.run(before, { retain });
  const trace = await model.run([...before, 3], { retain, reuse: earlier });
  const whole = await model.run([...before, 3]);
  expect(trace.reused).toBe(7);
  for (const name of [...retain, 'unembed.hook_out']) {
    expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
  }
  expect(trace.bytes).toBeLessThan(whole.bytes);
  // What was not kept is replayed by the whole program.
  for (const name of whole.names) expect(await bitsOf(trace, name), name).toEqual(await bitsOf(whole, name));
  for (const one of [earlier, trace, whole]) one.dispose();
});

test('the earlier pass may be disposed as soon as this one has been asked for', async () => {
  const model = await loaded;
  const earlier = await model.run(before);
  const asked = model.run([...before, 3], { reuse: earlier });
  earlier.dispose();
  const other = await model.run([...before].reverse()); // Takes the buffers that were given back.
  const [trace, whole] = [await asked, await model.run([...before, 3])];
  expect(trace.reused).toBe(7);
  expect(await bitsOf(trace, 'unembed.hook_out')).toEqual(await bitsOf(whole, 'unembed.hook_out'));
  for (const one of [other, trace, whole]) one.dispose();
});
