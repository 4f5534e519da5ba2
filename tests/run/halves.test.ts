/** Models whose matrices are held in f16: half the memory, every step within its bound, and nobody takes them for the file's. */
import { describe, expect, test } from 'vitest';
import { describeExplanation } from '../../src/debug/describe-explanation';
import { loadModel } from '../../src/load-model';
import type { ModelFiles } from '../../src/model/files';
import { describeStepError } from '../../src/run/check-steps';
import { packHalves, unpackHalves } from '../../src/tensor/f16';
import { parseSafetensors, readF32 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { readTrace } from '../../src/trace/file';
import { writeTrace } from '../../src/trace/write';
import { testDevice } from '../harness/device';
import { fixtureModel, fixtures } from '../harness/fixtures';
import { modelWithin } from '../harness/split-model';
import { tinyModel } from '../harness/tiny-model';

const halved = async (source: string | ModelFiles) =>
  loadModel(source, { device: await testDevice(), precision: 'f16' });
const nearest = (values: Float32Array) => {
  const halves = packHalves(values);
  if (typeof halves === 'number') throw new Error(`refused at ${halves}`);
  return unpackHalves(halves.words, values.length);
};
const tokens = [1, 5, 9, 100, 0, 7, 7];

describe.each(fixtures)('%s', (name) => {
  test('each step lies within its bound, on the rounded weights', async () => {
    const model = await halved(name);
    const trace = await model.run([0, 1, 2].concat(name === 'modular-addition' ? [] : [1, 2]));
    let checked = 0;
    for await (const error of model.check(trace)) {
      expect(error.ok, describeStepError(error)).toBe(true);
      checked++;
    }
    expect(checked).toBeGreaterThan(10);
    trace.dispose();
    model.dispose();
  });

  test("its matrices take half the memory, and are the file's numbers rounded; gains and biases are not touched", async () => {
    const [model, whole] = [await halved(name), await fixtureModel(name)];
    let saved = 0;
    for (const weight of model.weightNames) {
      const [own, file] = [await model.weight(weight), await whole.weight(weight)];
      const matrix = own.shape.length > 1 && !/\.b_\w+$/.test(weight);
      expect(own.data, weight).toEqual(matrix ? nearest(file.data) : file.data);
      if (matrix) saved += 2 * file.data.length;
    }
    // Every matrix of these has an even number of elements; a tied one is held once.
    const shared = whole.program(1, 2).tensors['unembed.W_U']?.shares
      ? 2 * whole.config.d_vocab * whole.config.d_model
      : 0;
    expect(model.weightBytes).toBe(whole.weightBytes - saved + shared);
    expect(model.weightBytes).toBeLessThan(0.52 * whole.weightBytes);
    model.dispose();
  });
});

test('generated text is the same with keys and values kept and without', async () => {
  const model = await halved('induction');
  const texts: number[][] = [];
  for (const cache of [true, false]) {
    const ids: number[] = [];
    for await (const { id } of model.generate([0, 1, 2, 3, 1], { tokens: 12, cache })) ids.push(id);
    texts.push(ids);
  }
  expect(texts[0]).toEqual(texts[1]);
  model.dispose();
});

test('what it is says so: in the trace, in its file and in what is read back', async () => {
  const [model, whole] = [await halved(tinyModel()), await loadModel(tinyModel(), { device: await testDevice() })];
  const trace = await model.run(tokens);
  expect(trace.info.rounded).toMatch(
    /^matrices rounded to f16: \d+ of \d+ numbers changed, by at most 0\.000\d+ \(.+\)$/,
  );
  expect(trace.program.tensors['blocks.0.mlp.W_in']!.precision).toBe('f16');
  expect(trace.program.tensors['blocks.0.mlp.b_in']!.precision).toBeUndefined();
  const file = await writeTrace(trace);
  expect(parseSafetensors(file, 'file').metadata.weights_rounded).toBe(trace.info.rounded);
  const read = readTrace(file);
  expect(read.info).toEqual(trace.info);
  expect(read.program.tensors['embed.W_E']!.precision).toBe('f16');
  const plain = await whole.run(tokens);
  expect(plain.info.rounded).toBeUndefined();
  expect(plain.info.weightsHash).toBe(trace.info.weightsHash);
  for (const one of [trace, plain, model, whole]) one.dispose();
});

test('passes of the rounded and of the whole model are not taken for each other', async () => {
  const [model, whole] = [await halved(tinyModel()), await loadModel(tinyModel(), { device: await testDevice() })];
  const trace = await whole.run(tokens);
  const after = await model.run([...tokens, 3], { reuse: trace });
  expect(after.reused ?? 0).toBe(0);
  await expect(model.explain(trace, 'unembed.hook_out', { pos: 0, vocab: 0 })).rejects.toMatchObject({ code: 'usage' });
  for (const one of [trace, after, model, whole]) one.dispose();
});

test('an explanation reads the rounded weight, and says that it is one', async () => {
  const files = tinyModel();
  const [model, whole] = [await halved(files), await loadModel(files, { device: await testDevice() })];
  const trace = await model.run(tokens);
  const { data, shape } = await whole.weight('blocks.1.mlp.W_in');
  const at = { model: 34, neuron: 63 };
  const weight = await model.explain(trace, 'blocks.1.mlp.W_in', at);
  expect(weight.value).toBe(nearest(data)[34 * shape[1]! + 63]);
  expect(describeExplanation(weight)).toContain("held as f16: the file's number, rounded");
  expect(weight.buffer.byteOffset).toBe(2 * (34 * shape[1]! + 63));
  const step = await model.explain(trace, 'blocks.1.mlp.hook_pre', { batch: 0, pos: 3, neuron: 63 });
  expect(step).toMatchObject({ kind: 'step', ok: true });
  const operand = step.operands.find(({ tensor, index }) => tensor === 'blocks.1.mlp.W_in' && index.model === 34)!;
  expect(operand.value).toBe(weight.value);
  const embedded = await model.explain(trace, 'hook_embed', { batch: 0, pos: 1, model: 34 });
  expect(embedded).toMatchObject({ ok: true, error: 0 });
  for (const one of [trace, model, whole]) one.dispose();
});

test('a workgroup steps through a packed weight', async () => {
  const model = await halved(tinyModel());
  const trace = await model.run(tokens);
  const index = trace.program.steps.findIndex(({ outputs }) => outputs.y === 'blocks.0.mlp.hook_pre');
  for (const variant of ['clear', 'registers', 'tiled']) {
    const stepper = await model.stepWorkgroup(trace, index, [0, 0, 0], { variant });
    stepper.finish();
    expect((await stepper.compare()).ok, variant).toBe(true);
    expect(stepper.faults).toEqual([]);
  }
  trace.dispose();
  model.dispose();
});

test.each([false, true])('tables in parts, tied: %s', async (tied) => {
  const [whole, split] = [await modelWithin(2 ** 27, tied, 'f16'), await modelWithin(70 * 35 * 2, tied, 'f16')];
  const prompt = [0, 69, 70, 71, 139, 140, 196];
  const [expected, got] = await Promise.all([whole.run(prompt), split.run(prompt)]);
  expect(got.program.steps.filter((step) => step.kernel === 'unembed').length).toBe(3);
  for (const name of ['hook_embed', 'unembed.hook_out']) {
    expect((await got.read(name)).data, name).toEqual((await expected.read(name)).data);
  }
  for await (const error of split.check(got)) expect(error.ok, describeStepError(error)).toBe(true);
  for (const weight of ['embed.W_E', 'unembed.W_U']) {
    expect(await split.weight(weight), weight).toEqual(await whole.weight(weight));
  }
  for (const each of [expected, got, whole, split]) each.dispose();
});

test('edits run, and derived tensors are read', async () => {
  const model = await halved(tinyModel());
  const trace = await model.run(tokens, { edits: [{ at: 'blocks.0.mlp.hook_pre', op: 'zero' }] });
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  const { data } = await trace.read('blocks.0.attn.hook_result');
  const expected = await model.reference(trace, 'blocks.0.attn.hook_result');
  expect(data.every((value, i) => Math.abs(value - expected.data[i]!) <= expected.bound[i]!)).toBe(true);
  trace.dispose();
  model.dispose();
});

test('a number that f16 cannot hold is refused by name', async () => {
  const files = tinyModel();
  const file = parseSafetensors((await files.read('model.safetensors'))!, 'model');
  const broken = [...file.tensors].map(([name, { shape }]) => {
    const data = readF32(file, name).slice();
    if (name === 'blocks.1.mlp.W_out') data[7] = -70000;
    return { name, dtype: 'F32' as const, shape, data };
  });
  const source: ModelFiles = {
    ...files,
    read: async (path) => (path === 'model.safetensors' ? writeSafetensors(broken) : files.read(path)),
  };
  await expect(halved(source)).rejects.toMatchObject({
    code: 'weights-mismatch',
    message:
      'blocks.1.mlp.W_out holds -70000 at element 7 in memory; f16 holds finite numbers up to ±65504. Load the model in f32.',
  });
});

test("a user's shader has to take packed weights", async () => {
  const { matmul } = (await import('../../src/kernels')).kernels;
  const [{ code }] = matmul!.variants;
  const device = await testDevice();
  const load = (text: string) => loadModel(tinyModel(), { device, precision: 'f16', kernels: { 'matmul.wgsl': text } });
  const without = code.replace(/override HALF.*\n/, 'const HALF = false;\n');
  await expect(load(without)).rejects.toMatchObject({
    code: 'kernel-invalid',
    message: expect.stringContaining('HALF'),
  });
  const model = await load(code);
  const trace = await model.run(tokens);
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  trace.dispose();
  model.dispose();
});
