import { describe, expect, test } from 'vitest';
import { bitsOf, hexBits, isInfBits, isNaNBits, isNonFiniteBits, nonFiniteKind } from '../../src/debug/bits';
import { describeWatch, watchDeterminism, watchNonFinite, watchRange } from '../../src/debug/watches';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { ModelFiles } from '../../src/model/files';
import { describeIndex, stridesOf } from '../../src/tensor/layout';
import { parseSafetensors, readF32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { readTrace } from '../../src/trace/file';
import type { Trace } from '../../src/trace/trace';
import { writeTrace } from '../../src/trace/write';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];

/** Quiet and signalling, of either sign, with a payload. */
const NANS = [0x7fc00000, 0xffc00000, 0x7fc12345, 0x7f800001, 0xff812345, 0x7fffffff, 0xffffffff];

/** The tiny model with one weight's bits at one index, row-major. */
async function withWeight(name: string, offset: number, bits: number): Promise<ModelFiles> {
  const tiny = tinyModel();
  const file = parseSafetensors((await tiny.read('model.safetensors'))!, 'tiny');
  const tensors = [...file.tensors].map(([tensor, { shape }]) => {
    const data = readF32(file, tensor).slice();
    if (tensor === name) bitsOf(data)[offset] = bits;
    return { name: tensor, dtype: 'F32' as const, shape, data };
  });
  const weights = writeSafetensors(tensors);
  return { name: 'broken', read: async (path) => (path === 'model.safetensors' ? weights.slice() : tiny.read(path)) };
}

async function withModel(files: ModelFiles, run: (model: Model) => Promise<void>): Promise<void> {
  const model = await loadModel(files, { device: await testDevice() });
  await run(model);
  model.dispose();
}

test('bit patterns tell NaN, infinity and numbers apart', () => {
  for (const bits of NANS) {
    expect([isNaNBits(bits), isInfBits(bits), isNonFiniteBits(bits), nonFiniteKind(bits)]).toEqual([
      true,
      false,
      true,
      'NaN',
    ]);
  }
  expect([0x7f800000, 0xff800000].map(nonFiniteKind)).toEqual(['Infinity', '-Infinity']);
  for (const bits of [0, 0x80000000, 1, 0x807fffff, 0x7f7fffff, 0xff7fffff, 0x3f800000]) {
    expect([isNaNBits(bits), isInfBits(bits), isNonFiniteBits(bits), nonFiniteKind(bits)]).toEqual([
      false,
      false,
      false,
      null,
    ]);
  }
  expect([hexBits(0xff812345), hexBits(1), hexBits(-1)]).toEqual(['0xff812345', '0x00000001', '0xffffffff']);
});

describe('NaN and infinity', () => {
  test('a healthy pass has none, masked scores included, live and recorded', async () => {
    await withModel(tinyModel(), async (model) => {
      const trace = await model.run(prompt);
      expect(await watchNonFinite(trace, model)).toBeNull();
      const recorded = readTrace(await writeTrace(trace));
      expect((await recorded.read('blocks.0.attn.hook_attn_scores')).data).toContain(-Infinity);
      expect(await watchNonFinite(recorded)).toBeNull();
      trace.dispose();
    });
  });

  test.each([
    ['NaN', 0x7fc00000],
    ['-NaN with a payload', 0xffc12345],
    ['a signalling NaN', 0x7f800001],
    ['infinity', 0x7f800000],
    ['-infinity', 0xff800000],
  ])('%s in one weight is named with the first step that reads it', async (_, bits) => {
    // W_in [model 35, neuron 65] at model 7, neuron 11
    await withModel(await withWeight('blocks.1.mlp.W_in', 7 * 65 + 11, bits), async (model) => {
      const trace = await model.run(prompt);
      const found = (await watchNonFinite(trace, model))!;
      const step = trace.program.steps.findIndex(({ outputs }) =>
        Object.values(outputs).includes('blocks.1.mlp.hook_pre'),
      );
      expect(found).toMatchObject({
        step,
        kernel: 'matmul',
        tensor: 'blocks.1.mlp.hook_pre',
        index: { batch: 0, pos: 0, neuron: 11 },
        count: 2 * 7,
      });
      expect(Number.isFinite(found.value)).toBe(false);
      expect(isNonFiniteBits(found.bits)).toBe(true);
      const bad = found.operands.filter(({ first }) => first);
      expect(bad).toEqual([
        {
          port: expect.any(String),
          tensor: 'blocks.1.mlp.W_in',
          role: 'weight',
          first: { index: { model: 7, neuron: 11 }, value: new Float32Array(Uint32Array.of(bits).buffer)[0], bits },
        },
      ]);
      expect(found.operands.map(({ tensor }) => tensor)).toContain('blocks.1.ln2.hook_out');
      expect(describeWatch(found)).toContain(
        `= blocks.1.mlp.W_in (weight) at model 7, neuron 11: ${bad[0]!.first!.value} (${hexBits(bits)})`,
      );
      const unseen = (await watchNonFinite(trace))!;
      expect(unseen.operands.every(({ first }) => first === null)).toBe(true);
      expect(describeWatch(unseen)).toContain('nothing that it read is so');
      trace.dispose();
    });
  });

  test('what an edit puts in is found at the edit, its operand named', async () => {
    await withModel(tinyModel(), async (model) => {
      const at = 'blocks.0.attn.hook_z';
      const index = { batch: 1, pos: 3, head: 2, dim: 5 };
      for (const value of [Number.NaN, Infinity]) {
        const trace = await model.run(prompt, { edits: [{ at, slice: index, op: 'set', value }] });
        const found = (await watchNonFinite(trace, model))!;
        expect(found).toMatchObject({ kernel: 'edit', tensor: at, index, count: 1, value });
        expect(found.operands.filter(({ first }) => first).map(({ tensor }) => tensor)).toEqual([`${at}:offset`]);
        const [own, other] = Number.isNaN(value) ? (['NaN', 'Inf'] as const) : (['Inf', 'NaN'] as const);
        expect(await watchNonFinite(trace, model, own)).toEqual(found);
        expect((await watchNonFinite(trace, model, other))?.tensor).not.toBe(at);
        trace.dispose();
      }
    });
  });

  test('every pattern of a NaN is one, whatever it was written as', async () => {
    await withModel(tinyModel(), async (model) => {
      const trace = await model.run(prompt);
      const { axes, shape, data } = await trace.read('hook_embed');
      for (const bits of NANS) {
        const other = data.slice();
        bitsOf(other)[stridesOf(shape)[1]! * 9] = bits;
        const held: Trace = {
          ...recordedOf(trace),
          read: async (name) =>
            name === 'hook_embed' ? { name, derived: false, axes, shape, data: other } : trace.read(name),
        };
        const found = (await watchNonFinite(held))!;
        expect({ bits: found.bits, at: describeIndex(found.index), count: found.count }).toEqual({
          bits,
          at: 'batch 1, pos 2, model 0',
          count: 1,
        });
      }
      trace.dispose();
    });
  });

  test('a stopped session is watched as far as it has come', async () => {
    await withModel(tinyModel(), async (model) => {
      const session = await model.debug(prompt, { edits: [{ at: 'blocks.0.hook_attn_out', op: 'set', value: NaN }] });
      await session.runTo('blocks.0.attn.hook_z');
      expect(await watchNonFinite(session.trace, model)).toBeNull();
      await session.runTo('blocks.0.hook_resid_mid');
      expect(await watchNonFinite(session.trace, model)).toMatchObject({ tensor: 'blocks.0.hook_attn_out' });
      session.dispose();
    });
  });
});

test('the range watch names the first value outside, a NaN too, and leaves out masked scores', async () => {
  await withModel(tinyModel(), async (model) => {
    const at = 'blocks.0.mlp.hook_post';
    const edits = [{ at, slice: { batch: 1, pos: 6, neuron: 64 }, op: 'set', value: 1e5 }] as const;
    const trace = await model.run(prompt, { edits });
    expect(await watchRange(trace, {})).toBeNull();
    expect(await watchRange(trace, { min: -1e4, max: 1e4 })).toMatchObject({
      kernel: 'edit',
      tensor: at,
      index: { batch: 1, pos: 6, neuron: 64 },
      value: 1e5,
      count: 1,
    });
    const negative = (await watchRange(trace, { min: 0 }, model))!;
    expect(negative).toMatchObject({ step: 0, tensor: 'hook_embed' });
    expect(negative.value).toBeLessThan(0);
    expect(negative.operands.find(({ role }) => role === 'weight')!.first!.value).toBeLessThan(0);
    await expect(watchRange(trace, { min: 1, max: 0 })).rejects.toMatchObject({ code: 'usage' });
    const nan = await model.run(prompt, { edits: [{ ...edits[0], value: NaN }] });
    expect(await watchRange(nan, {})).toMatchObject({ tensor: at, value: NaN });
    trace.dispose();
    nan.dispose();
  });
});

describe('determinism', () => {
  test('two runs of a model are equal bit for bit', async () => {
    await withModel(tinyModel(), async (model) => {
      const { bytesRetained } = model.counters;
      const edits = [{ at: 'hook_embed', op: 'scale', by: 2 }] as const;
      expect(await watchDeterminism(model, prompt, { edits, runs: 3 })).toBeNull();
      expect(model.counters.bytesRetained).toBe(bytesRetained);
      await expect(watchDeterminism(model, prompt, { runs: 1 })).rejects.toMatchObject({ code: 'usage' });
    });
  });

  test('where they part, the first step, element and bit are named', async () => {
    await withModel(tinyModel(), async (model) => {
      const at = 'blocks.0.attn.hook_z';
      const index = { batch: 0, pos: 2, head: 1, dim: 3 };
      let runs = 0;
      const unsteady = {
        run: async () => {
          const trace = await model.run(prompt);
          const { data } = await trace.read(at, index);
          bitsOf(data)[0]! ^= runs++ === 2 ? 0b101 : 0; // the third run
          const value = { axes: [], shape: [], data } as const;
          const edited = await model.run(prompt, { edits: [{ at, slice: index, op: 'set', value }] });
          trace.dispose();
          return edited;
        },
      };
      expect(await watchDeterminism(unsteady, prompt)).toBeNull();
      runs = 0;
      const difference = (await watchDeterminism(unsteady, prompt, { runs: 4 }))!;
      expect(difference).toMatchObject({ kernel: 'edit', tensor: at, index, bit: 2, count: 1, run: 2 });
      expect(difference.bits[0] ^ difference.bits[1]).toBe(0b101);
      expect(difference.operands.map(({ port }) => port)).toEqual(['x', 'weight', 'offset']);
    });
  });
});

/** A trace's own fields, which spreading an instance would lose. */
function recordedOf(trace: Trace): Trace {
  const { kind, info, program, edits, tokens, labels, names, bytes } = trace;
  return {
    ...{ kind, info, program, edits, tokens, labels, names, bytes },
    layout: (name) => trace.layout(name),
    read: (name, slice) => trace.read(name, slice),
    dispose: () => trace.dispose(),
  };
}
