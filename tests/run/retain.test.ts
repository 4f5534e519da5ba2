import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { loadModel } from '../../src/load-model';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { dispatchesOf } from '../harness/dispatches';
import { fixtureModel, fixtures } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';
import { until } from '../harness/until';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];

/** Bits, because −0 and NaN must count. */
const bits = (data: Float32Array) => new Uint32Array(data.slice().buffer);

async function bitsOf(trace: Trace, name: string): Promise<Uint32Array> {
  return bits((await trace.read(name)).data);
}

async function tiny(change = {}) {
  return loadModel(tinyModel(change), { device: await testDevice() });
}

describe('what is retained', () => {
  const options = [['blocks.0.mlp.hook_post', 'hook_embed'], ['blocks.1.attn.hook_result'], 'checkpoints', []] as const;

  test.each(options.map((retain) => [retain]))('%j leaves the logits equal bit for bit', async (retain) => {
    const model = await tiny();
    const all = await model.run(prompt);
    const some = await model.run(prompt, { retain });
    expect(await bitsOf(some, 'unembed.hook_out')).toEqual(await bitsOf(all, 'unembed.hook_out'));
    for (const trace of [all, some]) trace.dispose();
    model.dispose();
  });

  test.each(options.map((retain) => [retain]))('with %j every tensor replays bit for bit', async (retain) => {
    const model = await tiny();
    const all = await model.run(prompt);
    const some = await model.run(prompt, { retain });
    expect(some.names).toEqual(all.names);
    for (const name of all.names) expect(await bitsOf(some, name), name).toEqual(await bitsOf(all, name));
    for (const trace of [all, some]) trace.dispose();
    model.dispose();
  });

  test('all tensors asked for in one tick are replayed together', async () => {
    const model = await tiny();
    const all = await model.run(prompt);
    const none = await model.run(prompt, { retain: [] });
    await none.read('unembed.hook_out');
    const before = model.counters.submits;
    const read = await Promise.all(none.names.map((name) => none.read(name)));
    expect(model.counters.submits - before).toBeLessThanOrEqual(3);
    for (const { name, data } of read) expect(bits(data), name).toEqual(await bitsOf(all, name));
    for (const trace of [all, none]) trace.dispose();
    model.dispose();
  });

  test('replays that overtake each other keep their values', async () => {
    const model = await tiny();
    const all = await model.run(prompt);
    const some = await model.run(prompt, { retain: 'checkpoints' });
    const names = ['blocks.0.attn.hook_q', 'blocks.1.mlp.hook_pre', 'blocks.0.attn.hook_z', 'ln_final.hook_scale'];
    const reads: Promise<void>[] = [];
    for (let i = 0; i < 12; i++) {
      const name = names[i % names.length]!;
      reads.push(bitsOf(some, name).then(async (got) => expect(got, name).toEqual(await bitsOf(all, name))));
      await new Promise((resolve) => setTimeout(resolve, i % 3));
    }
    await Promise.all(reads);
    for (const trace of [all, some]) trace.dispose();
    model.dispose();
  });

  test('checkpoints hold less than all, and nothing less than checkpoints', async () => {
    const model = await tiny({ n_layers: 4 });
    const sizes: number[] = [];
    const before = model.counters.bytesRetained;
    for (const retain of ['all', 'checkpoints', []] as const) {
      const trace = await model.run(prompt, { retain });
      sizes.push(trace.bytes);
      expect(model.counters.bytesRetained - before).toBe(trace.bytes);
      trace.dispose();
    }
    expect(model.counters.bytesRetained).toBe(before);
    expect(sizes[1]).toBeLessThan(sizes[0]! / 2);
    expect(sizes[2]).toBeLessThan(sizes[1]!);
    model.dispose();
  });
});

describe('counters', () => {
  test('one submit per pass, one dispatch per step or fusion, no allocation from the second pass of a shape on', async () => {
    const model = await tiny();
    const run = async () => {
      const trace = await model.run(prompt);
      trace.dispose();
      return dispatchesOf(trace.program);
    };
    await run();
    const before = { ...model.counters };
    const dispatches = await run();
    expect(model.counters.submits - before.submits).toBe(1);
    expect(model.counters.dispatches - before.dispatches).toBe(dispatches);
    expect(model.counters.allocations - before.allocations).toBe(0);
    model.dispose();
  });

  test.each(fixtures)('%s: one submit, at most 9 dispatches a layer, and what is kept costs none', async (name) => {
    const model = await fixtureModel(name);
    const { n_layers, n_ctx, d_vocab } = model.config;
    const tokens = Array.from({ length: Math.min(n_ctx, 48) }, (_, pos) => (pos * 37) % d_vocab);
    const counted = async (retain: 'all' | []) => {
      for (let warm = 0; warm < 2; warm++) (await model.run(tokens, { retain })).dispose();
      const { submits, dispatches, flops, allocations } = model.counters;
      (await model.run(tokens, { retain })).dispose();
      return {
        submits: model.counters.submits - submits,
        dispatches: model.counters.dispatches - dispatches,
        flops: model.counters.flops - flops,
        allocations: model.counters.allocations - allocations,
      };
    };
    const all = await counted('all');
    expect(all).toMatchObject({ submits: 1, allocations: 0 });
    // Embeddings of tokens and positions, their sum, the last norm, the logits.
    expect(all.dispatches).toBeLessThanOrEqual(9 * n_layers + 5);
    expect(await counted([]), 'every value kept is the same work as none').toEqual(all);
  });

  test('alternating traces, one held while the next runs, allocate nothing after the second', async () => {
    const model = await tiny();
    let held = await model.run(prompt);
    const next = await model.run(prompt);
    held.dispose();
    held = next;
    const before = model.counters.allocations;
    for (let i = 0; i < 5; i++) {
      const trace = await model.run(prompt);
      held.dispose();
      held = trace;
    }
    expect(model.counters.allocations).toBe(before);
    held.dispose();
    model.dispose();
  });

  test('reads of one tick share one submit, and a slice costs the slice', async () => {
    const model = await tiny();
    const trace = await model.run(prompt);
    await trace.read('hook_embed');
    const before = { ...model.counters };
    const [row, head] = await Promise.all([
      trace.read('blocks.0.hook_resid_post', { batch: 0, pos: -1 }),
      trace.read('blocks.1.attn.hook_pattern', { batch: 1, head: 2 }),
    ]);
    expect(row.shape).toEqual([35]);
    expect(head.shape).toEqual([7, 7]);
    expect(model.counters.submits - before.submits).toBe(1);
    expect(model.counters.bytesRead - before.bytesRead).toBe(4 * (35 + 49));
    expect(model.counters.allocations - before.allocations).toBe(0);
    trace.dispose();
    model.dispose();
  });

  test('disposing gives every byte back', async () => {
    const before = await tiny().then(async (model) => {
      const bytes = model.counters.bytesAllocated - model.weightBytes;
      const trace = await model.run(prompt, { retain: 'checkpoints' });
      await trace.read('blocks.0.attn.hook_q');
      trace.dispose();
      model.dispose();
      return { bytes, counters: model.counters };
    });
    // What stays is the readback's staging buffer.
    await until(() => before.counters.bytesAllocated - before.bytes <= 65536);
  });
});

test('a disposed trace refuses to be read; a disposed model refuses to run', async () => {
  const model = await tiny();
  const trace = await model.run(prompt);
  const late = trace.read('hook_embed');
  trace.dispose();
  expect((await late).data.length).toBe(2 * 7 * 35);
  await expect(trace.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
  model.dispose();
  await expect(model.run(prompt)).rejects.toMatchObject({ code: 'disposed' });
});

test('a replay that is overtaken by disposal is refused and leaves nothing behind', async () => {
  const model = await tiny();
  const trace = await model.run(prompt, { retain: 'checkpoints' });
  const other = await model.run(prompt, { retain: 'checkpoints' });
  const before = model.counters.bytesAllocated;
  const read = trace.read('blocks.0.attn.hook_q');
  trace.dispose();
  await expect(read).rejects.toMatchObject({ code: 'disposed' });
  const orphan = other.read('blocks.0.attn.hook_q');
  model.dispose();
  await expect(orphan).rejects.toMatchObject({ code: 'disposed' });
  expect((await other.read('blocks.0.hook_resid_mid')).data.length).toBe(2 * 7 * 35);
  other.dispose();
  await until(() => model.counters.bytesAllocated < before);
});

test('a batch equals its prompts one by one', async () => {
  const model = await tiny();
  const both = await model.run(prompt);
  for (const [b, ids] of prompt.entries()) {
    const one = await model.run(ids);
    for (const name of both.names) {
      const batched = await both.read(name, { batch: [b, b + 1] });
      expect(bits(batched.data), name).toEqual(await bitsOf(one, name));
    }
    one.dispose();
  }
  both.dispose();
  model.dispose();
});

test('reading replayed and derived tensors allocates nothing from the second pass of a shape on', async () => {
  const model = await tiny();
  const names = ['blocks.0.attn.hook_q', 'blocks.1.attn.hook_result'];
  const pass = async () => {
    const trace = await model.run(prompt, { retain: 'checkpoints' });
    const read = await Promise.all(names.map((name) => bitsOf(trace, name)));
    trace.dispose();
    // A replay is put aside in a task of its own, which is asked for after the first of these is, and before the second.
    for (let task = 0; task < 2; task++) await new Promise((resolve) => setTimeout(resolve));
    return read;
  };
  const first = await pass();
  const before = model.counters.allocations;
  for (let i = 0; i < 3; i++) expect(await pass()).toEqual(first);
  expect(model.counters.allocations).toBe(before);
  model.dispose();
});

test('a replay that fails is tried again', async () => {
  const model = await tiny();
  const trace = await model.run(prompt, { retain: 'checkpoints' });
  const gpu = Gpu.of(await testDevice());
  const real = gpu.createBuffer;
  gpu.createBuffer = () => {
    throw new Error('not now');
  };
  await expect(trace.read('blocks.0.attn.hook_q')).rejects.toThrow('not now');
  gpu.createBuffer = real;
  expect((await trace.read('blocks.0.attn.hook_q')).data.length).toBe(2 * 7 * 21);
  trace.dispose();
  model.dispose();
});

test('a slice of very many runs equals the same part of the whole', async () => {
  const model = await tiny({ n_heads: 24 });
  const prompts = Array.from({ length: 30 }, (_, b) => prompt[b % 2]!);
  const trace = await model.run(prompts);
  const name = 'blocks.1.attn.hook_pattern';
  const whole = await trace.read(name);
  const before = model.counters.submits;
  const column = await trace.read(name, { batch: [1, 30], key: 3 });
  expect(column.shape).toEqual([29, 24, 7]);
  const expected = whole.data.filter((_, i) => i % 7 === 3 && i >= 24 * 49);
  expect(bits(column.data)).toEqual(bits(expected));
  expect(model.counters.submits - before).toBe(1);
  trace.dispose();
  model.dispose();
});

test('reads of one tick that no buffer holds together come in several copies', async () => {
  const model = await tiny({ n_ctx: 512, d_vocab_out: 20000 });
  const trace = await model.run(Array.from({ length: 2 }, () => Array.from({ length: 512 }, (_, i) => i % 100)));
  await trace.read('unembed.hook_out', { batch: 0, pos: 0 });
  const before = model.counters.submits;
  const reads = await Promise.all([0, 1, 2].map(() => trace.read('unembed.hook_out', { pos: [0, 450] })));
  expect(model.counters.submits - before).toBe(3);
  for (const { data } of reads) expect(data.length).toBe(2 * 450 * 20000);
  expect(reads[2]!.data.subarray(-50)).toEqual(reads[0]!.data.subarray(-50));
  trace.dispose();
  model.dispose();
});

test('weights asked for before a model is disposed arrive; afterwards they are refused', async () => {
  const model = await tiny();
  const expected = await model.weight('blocks.0.attn.W_Q');
  const late = model.weight('blocks.0.attn.W_Q');
  model.dispose();
  expect(await late).toEqual(expected);
  await expect(model.weight('blocks.0.attn.W_Q')).rejects.toMatchObject({ code: 'disposed' });
  await expect(model.float64(prompt)).rejects.toMatchObject({ code: 'disposed' });
});
