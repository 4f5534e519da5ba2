import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import { loadReferenceModel } from '../../src/load-reference-model';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';
import { tinyModel } from '../harness/tiny-model';

const long = Array.from({ length: 65 }, () => 1);

const prompts: [string, Parameters<Awaited<ReturnType<typeof loadModel>>['run']>[0], string, string][] = [
  ['an empty list', [], 'prompt-empty', 'The prompt is empty: give at least one token.'],
  ['an empty batch entry', [[1], []], 'prompt-empty', 'Prompt 1 is empty: give at least one token.'],
  ['more tokens than the context', long, 'prompt-too-long', 'The prompt has 65 tokens; this model’s context holds 64.'],
  ['prompts of two lengths', [[1, 2], [3]], 'prompt-ragged', 'Prompt 1 has 1 token, prompt 0 has 2:'],
  ['a negative id', [0, -1], 'token-invalid', 'The prompt, pos 1: token id -1 is no whole number from 0 to 100.'],
  ['a fractional id', [0.5], 'token-invalid', 'The prompt, pos 0: token id 0.5 is no whole number from 0 to 100.'],
  ['an id past the vocabulary', [[1], [101]], 'token-invalid', 'Prompt 1, pos 0: token id 101 is no whole'],
  ['NaN', [Number.NaN], 'token-invalid', 'token id NaN'],
  ['text without a tokenizer', 'hello', 'no-tokenizer', 'This model has no tokenizer.json'],
];

test.each(prompts)('%s is refused before anything runs', async (_, prompt, code, sentence) => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const before = { ...model.counters };
  await expect(model.run(prompt)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(sentence.replace('’', "'")),
  });
  expect(model.counters).toEqual(before);
  model.dispose();
});

test('what is wrong with the prompt that a model is loaded for is left to run', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice(), prompt: long });
  await expect(model.run(long)).rejects.toMatchObject({ code: 'prompt-too-long' });
  const trace = await model.run([1, 2]);
  trace.dispose();
  model.dispose();
});

test('empty text is an empty prompt', async () => {
  const model = await fixtureModel('induction');
  await expect(model.run('')).rejects.toMatchObject({ code: 'prompt-empty' });
});

test('retaining an unknown name is refused with the nearest ones', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const run = model.run([1], { retain: ['blocks.0.atn.hook_q'] });
  await expect(run).rejects.toMatchObject({
    code: 'tensor-unknown',
    message: expect.stringContaining('blocks.0.attn.hook_q'),
  });
  const trace = await model.run([1]);
  await expect(trace.read('blocks.7.hook_resid_pre')).rejects.toMatchObject({ code: 'tensor-unknown' });
  await expect(trace.read('hook_embed', { pos: 1 })).rejects.toMatchObject({ code: 'slice-invalid' });
  await expect(model.weight('embed.W_X')).rejects.toMatchObject({ code: 'tensor-unknown' });
  trace.dispose();
  model.dispose();
});

test('a batch whose logits no binding holds is refused with the bytes', async () => {
  const model = await loadModel(tinyModel({ n_heads: 1, n_ctx: 512, d_vocab_out: 2000 }), {
    device: await testDevice(),
  });
  const prompts = Array.from({ length: 64 }, () => Array.from({ length: 512 }, () => 1));
  const before = { ...model.counters };
  await expect(model.run(prompts)).rejects.toMatchObject({
    code: 'limit-exceeded',
    message: expect.stringMatching(/binds 262144000 bytes for unembed.hook_out; this device offers \d+/),
  });
  expect(model.counters).toEqual(before);
  model.dispose();
});

test('a derived tensor too large for a binding is refused when it is read, not before', async () => {
  const change = { n_layers: 1, n_heads: 16, d_head: 4, d_model: 64, d_mlp: 8, d_vocab: 5, d_vocab_out: 5, n_ctx: 8 };
  const model = await loadModel(tinyModel(change), { device: await testDevice() });
  const prompts = Array.from({ length: 4100 }, () => [0, 1, 2, 3, 4, 3, 2, 1]);
  const trace = await model.run(prompts, { retain: [] });
  expect((await trace.read('unembed.hook_out', { batch: -1, pos: 0 })).shape).toEqual([5]);
  await expect(trace.read('blocks.0.attn.hook_result')).rejects.toMatchObject({
    code: 'limit-exceeded',
    message: expect.stringContaining('binds 134348800 bytes for blocks.0.attn.hook_result'),
  });
  trace.dispose();
  model.dispose();
});

test('a load that is aborted during the upload is aborted', async () => {
  const device = await testDevice();
  const other = await loadModel(tinyModel(), { device });
  const before = other.counters.bytesAllocated;
  const abort = new AbortController();
  const loading = loadModel(tinyModel(), { device, signal: abort.signal });
  const real = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (...args: Parameters<typeof real>) {
    abort.abort(new Error('too late'));
    return real.apply(this, args);
  };
  try {
    await expect(loading).rejects.toThrow('too late');
  } finally {
    GPUQueue.prototype.writeBuffer = real;
  }
  expect(other.counters.bytesAllocated).toBe(before);
  other.dispose();
});

test('arguments of the wrong kind get a sentence', async () => {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  const wrong = <T>(value: unknown) => value as T;
  await expect(model.run(wrong(null))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('null'),
  });
  const trace = await model.run([1]);
  await expect(trace.read('hook_embed', { pos: wrong(null) })).rejects.toMatchObject({ code: 'slice-invalid' });
  await expect(trace.read(wrong(null))).rejects.toMatchObject({
    code: 'tensor-unknown',
    message: expect.stringMatching(/^This program has no tensor named null\. Near it: \w/),
  });
  trace.dispose();
  model.dispose();
});

describe('options of the wrong kind', () => {
  const kinds = "'all', 'checkpoints' or a list of names.";
  const edit =
    "is no edit: expected { at, op: 'zero' }, { at, op: 'scale', by } or { at, op: 'set' or 'add', value }, where by is a number, and value one or { axes, shape, data }.";
  const list = "expected a list such as [{ at, op: 'zero' }].";
  const at = 'hook_embed';
  const options: [object, code: string, sentence: string][] = [
    [{ retain: 'everything' }, 'usage', `retain is "everything", expected ${kinds}`],
    [{ retain: null }, 'usage', `retain is null, expected ${kinds}`],
    [{ retain: [null] }, 'usage', `retain is [null], expected ${kinds}`],
    [{ retain: [at, 3] }, 'usage', `retain is ["hook_embed",3], expected ${kinds}`],
    [{ edits: null }, 'edit-invalid', `edits is null, ${list}`],
    [{ edits: '' }, 'edit-invalid', `edits is "", ${list}`],
    [{ edits: 'x' }, 'edit-invalid', `edits is "x", ${list}`],
    [{ edits: { at, op: 'zero' } }, 'edit-invalid', `edits is {"at":"hook_embed","op":"zero"}, ${list}`],
    [{ edits: [null] }, 'edit-invalid', `null ${edit}`],
    [{ edits: [`${at}:zero`] }, 'edit-invalid', `"hook_embed:zero" ${edit}`],
    [{ edits: [{ op: 'zero' }] }, 'edit-invalid', `{"op":"zero"} ${edit}`],
    [{ edits: [{ at }] }, 'edit-invalid', `{"at":"hook_embed"} ${edit}`],
    [{ edits: [{ at, op: 'silence' }] }, 'edit-invalid', `{"at":"hook_embed","op":"silence"} ${edit}`],
    [{ edits: [{ at, op: 'scale' }] }, 'edit-invalid', `{"at":"hook_embed","op":"scale"} ${edit}`],
    [{ edits: [{ at, op: 'set' }] }, 'edit-invalid', `{"at":"hook_embed","op":"set"} ${edit}`],
    [{ edits: [{ at, op: 'add', value: [1] }] }, 'edit-invalid', `{"at":"hook_embed","op":"add","value":[1]} ${edit}`],
  ];

  test.each(options)('%j', async (wrong, code, message) => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const reference = await loadReferenceModel(tinyModel());
    for (const one of [model, reference]) {
      await expect(one.run([1, 2], wrong)).rejects.toMatchObject({ code, message });
      const generating = one.generate([1, 2], wrong).next();
      await expect(generating).rejects.toMatchObject({ code, message });
      one.dispose();
    }
  });

  test.each(['retian', 'edit', 'pos'])('an option that there is not: %s', async (name) => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const reference = await loadReferenceModel(tinyModel());
    for (const one of [model, reference]) {
      const refused = { code: 'usage', message: `A pass has no option ${name}.` };
      await expect(one.run([1, 2], { [name]: [] })).rejects.toMatchObject(refused);
      one.dispose();
    }
  });

  test.each([[null], ['x'], [5], [[]]])('%j in place of all', async (none) => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const reference = await loadReferenceModel(tinyModel());
    const refused = {
      code: 'usage',
      message: `The options are ${JSON.stringify(none)}, expected an object such as { edits }.`,
    };
    for (const one of [model, reference]) {
      await expect(one.run([1, 2], none as never)).rejects.toMatchObject(refused);
      await expect(one.generate([1, 2], none as never).next()).rejects.toMatchObject(refused);
    }
    await expect(model.debug([1, 2], none as never)).rejects.toMatchObject(refused);
    model.dispose();
    reference.dispose();
  });

  test.each([
    [null, 'null'],
    ['x', '"x"'],
    [async () => null, 'async () => null'],
  ])('rewrite as %j', async (rewrite, shown) => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const reference = await loadReferenceModel(tinyModel());
    for (const one of [model, reference]) {
      await expect(one.run([1, 2], { rewrite } as never)).rejects.toMatchObject({
        code: 'usage',
        message: `rewrite is ${shown}, expected a function that gives a program.`,
      });
      one.dispose();
    }
  });

  test('edits that a function makes for each pass; positions', async () => {
    const model = await loadModel(tinyModel(), { device: await testDevice() });
    const generating = model.generate([1, 2], { edits: async () => null as never }).next();
    await expect(generating).rejects.toMatchObject({ code: 'edit-invalid', message: `edits is null, ${list}` });
    await expect(model.run([1, 2], { positions: 'x' as never })).rejects.toMatchObject({
      code: 'slice-invalid',
      message: 'positions is "x", expected a list such as [-1].',
    });
    model.dispose();
  });
});

test('an aborted load rejects with the reason and leaves nothing on the GPU', async () => {
  const device = await testDevice();
  const other = await loadModel(tinyModel(), { device });
  const before = other.counters.bytesAllocated;
  const abort = new AbortController();
  const files = tinyModel();
  const slow = {
    ...files,
    read: async (path: string) => {
      if (path === 'model.safetensors') abort.abort(new Error('changed my mind'));
      return files.read(path);
    },
  };
  await expect(loadModel(slow, { device, signal: abort.signal })).rejects.toThrow('changed my mind');
  expect(other.counters.bytesAllocated).toBe(before);
  other.dispose();
});

test('a lost device is said to be lost, for runs and for reads', async () => {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const device = await adapter.requestDevice();
  const model = await loadModel(tinyModel(), { device });
  const trace = await model.run([1, 2, 3]);
  device.destroy();
  await device.lost;
  await expect(trace.read('hook_embed')).rejects.toMatchObject({ code: 'device-lost' });
  await expect(model.run([1, 2, 3])).rejects.toMatchObject({ code: 'device-lost' });
});
