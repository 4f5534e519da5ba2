/** A user's WGSL in place of ours. */
import { describe, expect, test } from 'vitest';
import { shaderFiles } from '../../src/debug/user-kernels';
import { kernels } from '../../src/kernels';
import { type LoadOptions, loadModel } from '../../src/load-model';
import { describeStepError } from '../../src/run/check-steps';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];

const ours = (file: string) => shaderFiles().get(file)![0]!.ours.code;

async function load(files: LoadOptions['kernels'] = {}) {
  return loadModel(tinyModel(), { device: await testDevice(), kernels: files });
}

test('every shader of ours has a file name, and a kernel or two', () => {
  const files = shaderFiles();
  expect(files.get('matmul.wgsl')!.map(({ kernel }) => kernel.name)).toEqual(['matmul', 'unembed']);
  expect([...files.values()].flat().length).toBe(Object.values(kernels).flatMap(({ variants }) => variants).length);
});

test("a user's shader runs in place of ours, the program says so, and check compares it with float64", async () => {
  const plain = await load();
  const ran = plain.program(1, 4).steps.find(({ kernel }) => kernel === 'softmax')!.variant;
  const file = ran === 'clear' ? 'softmax.wgsl' : `softmax_${ran}.wgsl`;
  const model = await load({ [file]: `${ours(file)}\n// mine` });
  const [trace, expected] = await Promise.all([model.run(prompt), plain.run(prompt)]);
  const variants = (name: string) => trace.program.steps.filter((step) => step.kernel === name).map((s) => s.variant);
  expect(variants('softmax')).toEqual(['user', 'user']);
  expect(variants('add')).not.toContain('user');
  expect((await trace.read('unembed.hook_out')).data).toEqual((await expected.read('unembed.hook_out')).data);
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  for (const each of [trace, expected, model, plain]) each.dispose();
});

test('what it computes is what later steps read, and check names its step first', async () => {
  const wrong = ours('softmax.wgsl').replace('/ total', '/ (total * 1.001)');
  const model = await load({ 'softmax.wgsl': wrong });
  const trace = await model.run(prompt);
  const misses = [];
  for await (const error of model.check(trace)) if (!error.ok) misses.push(error);
  expect(misses.map(({ tensor, variant }) => [tensor, variant])).toEqual([
    ['blocks.0.attn.hook_pattern', 'user'],
    ['blocks.1.attn.hook_pattern', 'user'],
  ]);
  expect(misses[0]!.misses).toBeGreaterThan(50);
  for (const each of [trace, model]) each.dispose();
});

test('it is the one that is timed, and stepped line by line: a store that misses is shown', async () => {
  const model = await load({ 'softmax.wgsl': ours('softmax.wgsl').replace('/ total', '/ (total * 1.001)') });
  const trace = await model.run(prompt);
  const step = trace.program.steps.findIndex(({ kernel }) => kernel === 'softmax');
  const { steps } = await model.profile(prompt, { rounds: 1, steps: [step] });
  expect(steps.map(({ variant }) => variant)).toEqual(['user']);
  const stepper = await model.stepWorkgroup(trace, step);
  stepper.finish();
  const { ok, stores } = await stepper.compare(); // with what the same shader has written on the GPU
  expect({ ok, some: stores.length > 0 }).toEqual({ ok: true, some: true });
  const other = await model.stepWorkgroup(trace, step, [0, 0, 0], { variant: 'clear' });
  other.finish();
  expect((await other.compare()).ok).toBe(false);
  for (const each of [trace, model]) each.dispose();
});

test.each(['matmul.wgsl', 'matmul_tiled.wgsl'])('%s runs matmul and unembed, whatever else is faster', async (file) => {
  const model = await load({ [file]: ours(file) });
  const trace = await model.run(prompt);
  const steps = trace.program.steps.filter(({ kernel }) => kernel === 'matmul' || kernel === 'unembed');
  expect(new Set(steps.map(({ kernel, variant }) => `${kernel} ${variant}`))).toEqual(
    new Set(['matmul user', 'unembed user']),
  );
  for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
  for (const each of [trace, model]) each.dispose();
});

test('of a copy of all shaders with one changed, the changed one runs', async () => {
  const all = Object.fromEntries([...shaderFiles().keys()].map((file) => [file, ours(file)]));
  const model = await load({
    ...all,
    'matmul_registers.wgsl': ours('matmul_registers.wgsl').replace('+ bias[', '- bias['),
  });
  const trace = await model.run(prompt);
  const missed = new Set<string>();
  for await (const error of model.check(trace)) if (!error.ok) missed.add(error.kernel);
  expect(missed).toEqual(new Set(['matmul', 'unembed']));
  for (const each of [trace, model]) each.dispose();
});

describe('workgroup size', () => {
  test.each([1, 32, 128, 256])('one invocation per element in workgroups of %i', async (size) => {
    const resized = (file: string) =>
      ours(file)
        .replace('@workgroup_size(64)', `@workgroup_size(${size})`)
        .replaceAll('groups.x * 64', `groups.x * ${size}`);
    const files = ['add.wgsl', 'layernorm.wgsl', 'attn_mix.wgsl', 'matmul.wgsl'];
    const model = await load(Object.fromEntries(files.map((file) => [file, resized(file)])));
    const trace = await model.run(prompt);
    for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
    for (const each of [trace, model]) each.dispose();
  });

  test('from an override with a default', async () => {
    const code = ours('add.wgsl')
      .replace('@workgroup_size(64)', '@workgroup_size(SIZE)')
      .replace('groups.x * 64', 'groups.x * SIZE');
    const model = await load({ 'add.wgsl': `override SIZE: u32 = 128;\n${code}` });
    const trace = await model.run(prompt);
    for await (const error of model.check(trace)) expect(error.ok, describeStepError(error)).toBe(true);
    for (const each of [trace, model]) each.dispose();
  });
});

describe('a step may name its shader', () => {
  test("the user's in one step, ours elsewhere", async () => {
    const model = await load({ 'softmax.wgsl': ours('softmax.wgsl').replace('/ total', '/ (total * 1.001)') });
    const trace = await model.run(prompt, {
      rewrite: (program) => ({
        ...program,
        steps: program.steps.map((step) =>
          step.kernel === 'softmax' && !step.outputs.y!.startsWith('blocks.1') ? { ...step, variant: 'clear' } : step,
        ),
      }),
    });
    const missed: string[] = [];
    for await (const error of model.check(trace)) if (!error.ok) missed.push(error.tensor);
    expect(missed).toEqual(['blocks.1.attn.hook_pattern']);
    for (const each of [trace, model]) each.dispose();
  });

  test('a name that no shader has is refused', async () => {
    const model = await load();
    const run = model.run(prompt, {
      rewrite: (program) => ({ ...program, steps: program.steps.map((step) => ({ ...step, variant: 'fast' })) }),
    });
    await expect(run).rejects.toMatchObject({
      code: 'program-invalid',
      message: expect.stringContaining('hook_embed: embed has no shader named fast. There are clear.'),
    });
    model.dispose();
  });
});

describe('what does not fit is refused before any weight is read', () => {
  const swap = (file: string, from: string, to: string): [string, string] => {
    expect(ours(file)).toContain(from);
    return [file, ours(file).replaceAll(from, to)];
  };

  test.each<[what: string, () => [file: string, code: string], code: string, sentence: string]>([
    [
      'an unknown file',
      () => ['sofmax.wgsl', ours('softmax.wgsl')],
      'kernel-invalid',
      'No shader of ours is named sofmax.wgsl. Near it: softmax.wgsl,',
    ],
    [
      'a shader that does not compile',
      () => swap('add.wgsl', 'a[i] + b[i]', 'a[i] + c[i]'),
      'shader-invalid',
      "add.wgsl:20:19: unresolved value 'c'\n    sum[i] = a[i] + c[i];",
    ],
    [
      'a port of another name',
      () => ['softmax.wgsl', ours('softmax.wgsl').replace(/(?<!\.)\by\b/g, 'out')],
      'kernel-invalid',
      'softmax.wgsl:15: softmax port y does not fit in the name: expected @group(0) @binding(2) var<storage, read_write> y: array<f32>, got @group(0) @binding(2) var<storage, read_write> out: array<f32>.',
    ],
    [
      'two ports in each other’s place',
      () => [
        'add.wgsl',
        ours('add.wgsl')
          .replace('binding(1)', 'binding(9)')
          .replace('binding(2)', 'binding(1)')
          .replace('binding(9)', 'binding(2)'),
      ],
      'kernel-invalid',
      'add.wgsl:13: add port a does not fit in the name: expected @group(0) @binding(1) var<storage, read> a: array<f32>, got @group(0) @binding(1) var<storage, read> b: array<f32>.',
    ],
    [
      'another access',
      () => swap('add.wgsl', 'var<storage, read> b', 'var<storage, read_write> b'),
      'kernel-invalid',
      'add.wgsl:13: add port b does not fit in the access: expected @group(0) @binding(2) var<storage, read> b: array<f32>, got @group(0) @binding(2) var<storage, read_write> b: array<f32>.',
    ],
    [
      'another type',
      () => [
        'embed.wgsl',
        ours('embed.wgsl')
          .replace('ids: array<u32>', 'ids: array<i32>')
          .replace('ids[i / u.model]', 'u32(ids[i / u.model])'),
      ],
      'kernel-invalid',
      'port ids does not fit in the type: expected @group(0) @binding(2) var<storage, read> ids: array<u32>, got @group(0) @binding(2) var<storage, read> ids: array<i32>.',
    ],
    [
      'a fixed size',
      () => swap('relu.wgsl', 'x: array<f32>', 'x: array<f32, 64>'),
      'kernel-invalid',
      'relu port x does not fit in the type: expected @group(0) @binding(1) var<storage, read> x: array<f32>, got @group(0) @binding(1) var<storage, read> x: array<f32, 64>.',
    ],
    [
      'a port that is missing',
      () => [
        'matmul.wgsl',
        ours('matmul.wgsl')
          .replace(/@group.* bias: .*\n/, '')
          .replace(' + bias[col]', ''),
      ],
      'kernel-invalid',
      'matmul.wgsl:1: matmul lacks port bias: expected @group(0) @binding(3) var<storage, read> bias: array<f32>, got: nothing is declared there.',
    ],
    [
      'a port elsewhere',
      () => swap('relu.wgsl', '@group(0) @binding(2)', '@group(1) @binding(0)'),
      'kernel-invalid',
      'lacks port y: expected @group(0) @binding(2) var<storage, read_write> y: array<f32>, got: y is @group(1) @binding(0) var<storage, read_write> y: array<f32>.',
    ],
    [
      'a binding too many',
      () => ['relu.wgsl', `${ours('relu.wgsl')}\n@group(0) @binding(3) var<storage, read_write> log: array<u32>;`],
      'kernel-invalid',
      'relu has a binding too many: @group(0) @binding(3) var<storage, read_write> log: array<u32>. Its ports are x, y.',
    ],
    [
      'uniforms in another order',
      () => swap('softmax.wgsl', '  rows: u32,\n  cols: u32,', '  cols: u32,\n  rows: u32,'),
      'kernel-invalid',
      'softmax.wgsl:9: softmax needs the uniform struct { rows: u32, cols: u32 } in that order, without gaps, got { cols: u32, rows: u32 }.',
    ],
    [
      'a uniform of another type',
      () => ['layernorm.wgsl', ours('layernorm.wgsl').replace('eps: f32', 'eps: u32').replace('u.eps', 'f32(u.eps)')],
      'kernel-invalid',
      'needs the uniform struct { rows: u32, cols: u32, eps: f32 } in that order, without gaps, got { rows: u32, cols: u32, eps: u32 }.',
    ],
    [
      'a uniform elsewhere',
      () => swap('layernorm.wgsl', '  eps: f32', '  @align(16) eps: f32'),
      'kernel-invalid',
      'needs the uniform struct { rows: u32 at byte 0, cols: u32 at byte 4, eps: f32 at byte 8 } in that order, without gaps, got { rows: u32 at byte 0, cols: u32 at byte 4, eps: f32 at byte 16 }.',
    ],
    [
      'no uniform struct',
      () => [
        'relu.wgsl',
        ours('relu.wgsl')
          .replace(/@group.*<uniform>.*\n/, '')
          .replace('i >= u.size', 'i >= arrayLength(&y)'),
      ],
      'kernel-invalid',
      'relu.wgsl:1: relu needs its uniform struct at @group(0) @binding(0) var<uniform>, got nothing there.',
    ],
    [
      'an override that is missing',
      () => [
        'matmul.wgsl',
        ours('matmul.wgsl').replace('override TRANSPOSED: bool = false;', 'const TRANSPOSED = false;'),
      ],
      'kernel-invalid',
      'matmul lacks override TRANSPOSED: the pipeline sets TRANSPOSED = 0. Declare it: override TRANSPOSED: bool;',
    ],
    [
      'an override without a value',
      () => ['relu.wgsl', `override LEAK: f32;\n${ours('relu.wgsl').replace('max(x[i], 0)', 'max(x[i], LEAK)')}`],
      'kernel-invalid',
      'relu.wgsl:1: relu has override LEAK without a value, and nothing sets it. Give it a default.',
    ],
    [
      'two entry points',
      () => ['relu.wgsl', `${ours('relu.wgsl')}\n@compute @workgroup_size(1) fn second() {}`],
      'kernel-invalid',
      'relu needs exactly one compute entry point, got main, second.',
    ],
    [
      'workgroups in two dimensions where one is dispatched',
      () => swap('add.wgsl', '@workgroup_size(64)', '@workgroup_size(8, 8)'),
      'kernel-invalid',
      'add.wgsl:16: add needs @workgroup_size(SIZE), in one dimension, got (8, 8, 1).',
    ],
    [
      'another tile than the one dispatched',
      () => swap('matmul_tiled.wgsl', '@workgroup_size(8, 16)', '@workgroup_size(8, 8)'),
      'kernel-invalid',
      'matmul needs @workgroup_size(8, 16, 1), for which it is dispatched, got (8, 8, 1).',
    ],
  ])('%s', async (_, broken, code, sentence) => {
    const [file, text] = broken();
    await expect(load({ [file]: text })).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
  });
});
