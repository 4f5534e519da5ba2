import { describe, expect, test } from 'vitest';
import { introduced } from '../../components/start-page/models';
import { loadModel } from '../../src/load-model';
import { loadReferenceModel } from '../../src/load-reference-model';
import type { Model } from '../../src/loaded-model';
import type { Edit } from '../../src/program/edits';
import { resolve } from '../../src/program/program';
import type { ReferenceModel } from '../../src/reference/reference-model';
import { readF64, readI32 } from '../../src/tensor/safetensors';
import { readTrace } from '../../src/trace/file';
import type { Trace } from '../../src/trace/trace';
import { writeTrace } from '../../src/trace/write';
import { architectures } from '../analysis/architectures';
import { testDevice } from '../harness/device';
import { fixtureModel, fixtures, reference } from '../harness/fixtures';
import { near } from '../harness/near';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
const logits = 'unembed.hook_out';
const edits: Edit[] = [
  { at: 'blocks.0.attn.hook_z', slice: { head: 1, pos: [2, 5] }, op: 'zero' },
  { at: 'blocks.1.hook_resid_pre', slice: { batch: 1 }, op: 'scale', by: -0.75 },
  { at: 'blocks.1.ln1.hook_scale', op: 'add', value: 0.25 },
];

const bits = ({ data }: { readonly data: Float32Array }) => new Uint32Array(data.slice().buffer);

async function both(change: object, use: (live: Model, cpu: ReferenceModel) => Promise<void>): Promise<void> {
  const live = await loadModel(tinyModel(change), { device: await testDevice() });
  const cpu = await loadReferenceModel(tinyModel(change));
  await use(live, cpu);
  live.dispose();
  cpu.dispose();
}

/** Every tensor of a reference trace is float64's value, rounded once. */
async function isFloat64(trace: Trace, exact: ReadonlyMap<string, Float64Array>): Promise<void> {
  for (const name of trace.names) {
    const wanted = Float32Array.from(exact.get(resolve(trace.program, name))!);
    expect(bits(await trace.read(name)), name).toEqual(new Uint32Array(wanted.buffer));
  }
}

describe.each(architectures)('%s', (_, change) => {
  test('a pass is the walk of the same program in float64, and describes itself as the live one does', async () => {
    await both(change, async (live, cpu) => {
      const [wanted, got] = [await live.run(prompt), await cpu.run(prompt)];
      expect([live.kind, cpu.kind, wanted.kind, got.kind]).toEqual(['live', 'reference', 'live', 'reference']);
      expect(got.info).toEqual({ ...wanted.info, adapter: 'float64 on the CPU' });
      expect([got.names, got.tokens, got.labels]).toEqual([wanted.names, wanted.tokens, wanted.labels]);
      for (const name of got.names) expect(got.layout(name)).toEqual(wanted.layout(name));
      await isFloat64(got, await live.float64(prompt));
      for (const trace of [wanted, got]) trace.dispose();
    });
  });
});

test('edits rewrite its program as they do the live one; what was there before stays readable', async () => {
  await both({}, async (live, cpu) => {
    const got = await cpu.run(prompt, { edits });
    expect(got.names).toContain('blocks.0.attn.hook_z:before');
    expect(got.edits).toEqual(edits);
    await isFloat64(got, await live.float64(prompt, { edits }));
    got.dispose();
  });
});

test('what is not retained is walked again, with equal bits; only what is retained takes memory', async () => {
  const cpu = await loadReferenceModel(tinyModel());
  const whole = await cpu.run(prompt, { edits });
  for (const retain of ['checkpoints', [], ['blocks.0.mlp.hook_post']] as const) {
    const some = await cpu.run(prompt, { edits, retain });
    expect(some.bytes).toBeLessThan(whole.bytes);
    expect(some.names).toEqual(whole.names);
    for (const name of some.names) expect(bits(await some.read(name)), name).toEqual(bits(await whole.read(name)));
    some.dispose();
  }
  const logitBytes = 8 * 2 * 7 * 101;
  const least = await cpu.run(prompt, { retain: [] });
  expect(least.bytes).toBe(logitBytes);
  whole.dispose();
  expect(cpu.counters.bytesRetained).toBe(logitBytes);
  least.dispose();
  expect(cpu.counters.bytesRetained).toBe(0);
  cpu.dispose();
});

test('an output, positions and what entries share narrow the pass as they do the live one', async () => {
  await both({}, async (live, cpu) => {
    const options = {
      positions: [-1, 2],
      shared: [
        { as: 1, until: 0 },
        { as: 1, until: 0 },
      ],
    };
    const same = [prompt[1]!, prompt[1]!];
    const sharing = {
      positions: [-1, 2],
      shared: [
        { as: 1, until: 4 },
        { as: 1, until: 0 },
      ],
    };
    for (const [tokens, asked] of [
      [prompt, options],
      [same, sharing],
    ] as const) {
      const [wanted, got] = [await live.run(tokens, asked), await cpu.run(tokens, asked)];
      expect(got.layout(logits)).toEqual(wanted.layout(logits));
      const exact = (await live.float64(tokens)).get(logits)!;
      const rows = [6, 2, 13, 9].flatMap((row) => [...exact.subarray(row * 101, (row + 1) * 101)]);
      expect(bits(await got.read(logits))).toEqual(new Uint32Array(Float32Array.from(rows).buffer));
      for (const trace of [wanted, got]) trace.dispose();
    }
    const stream = await cpu.run(prompt, { output: 'blocks.0.hook_resid_post', retain: [] });
    expect(stream.bytes).toBe(8 * 2 * 7 * 35);
    expect(cpu.counters.dispatches).toBeGreaterThan(0);
    stream.dispose();
  });
});

test('weights, programs and slices are those of the live model', async () => {
  await both({}, async (live, cpu) => {
    expect(cpu.weightNames).toEqual(live.weightNames);
    for (const name of cpu.weightNames) expect(await cpu.weight(name)).toEqual(await live.weight(name));
    const withoutShaders = ({ variant: _, ...step }: { variant?: string }) => step;
    expect(cpu.program(2, 7).steps).toEqual(live.program(2, 7).steps.map(withoutShaders));
    const trace = await cpu.run(prompt);
    const slice = { batch: 1, pos: [2, -1], model: 3 } as const;
    const { axes, shape, data } = await trace.read('hook_embed', slice);
    const whole = await trace.read('hook_embed');
    expect([axes, shape]).toEqual([['pos'], [4]]);
    expect([...data]).toEqual([2, 3, 4, 5].map((pos) => whole.data[(7 + pos) * 35 + 3]));
    trace.dispose();
  });
});

test('a file of its trace is read back, and says what computed it', async () => {
  const cpu = await loadReferenceModel(tinyModel());
  const trace = await cpu.run(prompt, { edits });
  const read = readTrace(await writeTrace(trace));
  expect(read.info.adapter).toBe('float64 on the CPU');
  expect(await read.read('blocks.1.mlp.hook_post')).toEqual(await trace.read('blocks.1.mlp.hook_post'));
  trace.dispose();
  cpu.dispose();
});

describe('refusals', () => {
  test('are the same as of a live model', async () => {
    await both({}, async (live, cpu) => {
      const wrong: (readonly [prompt: never, options: object])[] = [
        ['text' as never, {}],
        [[] as never, {}],
        [[1, 101] as never, {}],
        [[[1], [1, 2]] as never, {}],
        [[1, 2] as never, { edits: [{ at: 'hook_embedd', op: 'zero' }] }],
        [[1, 2] as never, { edits: [{ at: 'hook_embed', slice: { pos: 5 }, op: 'zero' }] }],
        [[1, 2] as never, { retain: ['nothing'] }],
        [[1, 2] as never, { output: 'nothing' }],
      ];
      for (const [tokens, options] of wrong) {
        const wanted = await live.run(tokens, options).catch((error) => error);
        const got = await cpu.run(tokens, options).catch((error) => error);
        expect([got.code, got.message]).toEqual([wanted.code, wanted.message]);
        expect(got.code).toBeTypeOf('string');
      }
      await expect(cpu.weight('nothing')).rejects.toMatchObject({ code: 'tensor-unknown' });
    });
  });

  test('a trace after it was disposed; a model after it was, which its traces outlive', async () => {
    const cpu = await loadReferenceModel(tinyModel());
    const [first, second] = [await cpu.run(prompt), await cpu.run(prompt, { retain: [] })];
    const wanted = await first.read('hook_embed');
    first.dispose();
    first.dispose();
    await expect(first.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
    cpu.dispose();
    await expect(cpu.run(prompt)).rejects.toMatchObject({ code: 'disposed' });
    await expect(cpu.weight('embed.W_E')).rejects.toMatchObject({ code: 'disposed' });
    expect((await second.read('hook_embed')).data).toEqual(wanted.data);
    second.dispose();
    await expect(second.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
  });
});

test('a pass stops between two steps when its signal says so, and the next one runs', async () => {
  const cpu = await loadReferenceModel('shakespeare');
  const ids = Array.from({ length: 8 }, () => Array.from({ length: 64 }, (_, i) => i)); // seconds of work
  const stop = new AbortController();
  const reason = new Error('enough');
  const stopped = cpu.run(ids, { signal: stop.signal });
  const waiting = cpu.run([1, 2]);
  setTimeout(() => stop.abort(reason), 20);
  await expect(stopped).rejects.toBe(reason);
  expect(cpu.counters.submits).toBe(0);
  (await waiting).dispose();
  expect(cpu.counters.submits).toBe(1);
  await expect(cpu.run(ids, { signal: stop.signal })).rejects.toBe(reason);
  cpu.dispose();
});

describe.each(fixtures)('%s', (name) => {
  test('every hook is PyTorch’s in float64, but for the rounding to f32', async () => {
    const file = await reference(name);
    const [batch, pos] = file.tensors.get('tokens')!.shape as [number, number];
    const ids = [...readI32(file, 'tokens')];
    const cpu = await loadReferenceModel(name);
    const trace = await cpu.run(Array.from({ length: batch }, (_, b) => ids.slice(b * pos, (b + 1) * pos)));
    const hooks = [...file.tensors.keys()].filter((hook) => hook !== 'tokens');
    expect(hooks.length).toBeGreaterThan(10);
    for (const hook of hooks) {
      const { data, ...layout } = await trace.read(hook);
      near(hook, layout, data, readF64(file, hook), 2 ** -24 + 1e-12);
    }
    trace.dispose();
    cpu.dispose();
  });

  test('the prompt that it is introduced with takes at most 10⁸ operations, a fraction of a second', async () => {
    const { prompt: text } = introduced.find((model) => model.name === name)!;
    const cpu = await loadReferenceModel(name);
    const live = await fixtureModel(name);
    const start = performance.now();
    const trace = await cpu.run(text);
    const took = performance.now() - start;
    console.info(`${name}, ${trace.program.pos} tokens: ${took.toFixed(0)} ms in float64`);
    expect(cpu.counters.flops).toBeLessThanOrEqual(1e8);
    const wanted = await live.run(text);
    expect([trace.labels, trace.tokens]).toEqual([wanted.labels, wanted.tokens]);
    const { data, ...layout } = await wanted.read(logits);
    near(logits, layout, data, (await live.float64(text)).get(logits)!, 2e-5);
    for (const each of [trace, wanted]) each.dispose();
    cpu.dispose();
  });
});
