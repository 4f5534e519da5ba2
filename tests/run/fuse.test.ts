import { describe, expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { ModelConfig } from '../../src/model/config';
import { fuse, fusedSteps } from '../../src/program/fuse';
import type { Trace } from '../../src/trace/trace';
import { testDevice } from '../harness/device';
import { fixtureModel, fixtures } from '../harness/fixtures';
import { modelWithin } from '../harness/split-model';
import { tinyModel } from '../harness/tiny-model';

const tokens = [1, 5, 9, 100, 0, 7, 7];

const tiny = (change: Partial<ModelConfig> = {}): Promise<Model> =>
  testDevice().then((device) => loadModel(tinyModel(change), { device }));

async function dispatchesOf(model: Model): Promise<number> {
  const { dispatches } = model.counters;
  (await model.run(tokens)).dispose();
  return model.counters.dispatches - dispatches;
}

async function differences(a: Trace, b: Trace): Promise<string[]> {
  const names = a.names.filter((name) => b.names.includes(name));
  expect(names.length).toBeGreaterThan(10);
  const pairs = names.map(async (name) => {
    const [one, other] = await Promise.all([a.read(name), b.read(name)]);
    return one.data.every((value, i) => value === other.data[i]) ? [] : [name];
  });
  return (await Promise.all(pairs)).flat();
}

test.each([
  ['as few as fill no alignment', { n_heads: 3, d_head: 7 }],
  ['as many as fill one', { n_heads: 4, d_head: 16 }],
])(
  'a layer takes at most nine dispatches, of heads %s, and the trace says which steps ran in one',
  async (_, heads) => {
    const [one, two] = [await tiny({ ...heads, n_layers: 1 }), await tiny({ ...heads, n_layers: 2 })];
    expect((await dispatchesOf(two)) - (await dispatchesOf(one))).toBe(8);
    const trace = await two.run(tokens);
    const layer = trace.program.steps.filter(({ outputs }) => Object.values(outputs)[0]!.startsWith('blocks.1.'));
    expect(layer.map(({ kernel, fusion }) => [kernel, fusion])).toEqual([
      ['layernorm', undefined],
      ['matmul', 'qkv'],
      ['matmul', 'qkv'],
      ['matmul', 'qkv'],
      ['attn_scores', 'attn_pattern'],
      ['softmax', 'attn_pattern'],
      ['attn_mix', undefined],
      ['matmul', 'matmul_add'],
      ['add', 'matmul_add'],
      ['layernorm', undefined],
      ['matmul', 'matmul_gelu_new'],
      ['gelu_new', 'matmul_gelu_new'],
      ['matmul', 'matmul_add'],
      ['add', 'matmul_add'],
    ]);
    trace.dispose();
    for (const model of [one, two]) model.dispose();
  },
);

test.each(fixtures)('%s: what runs together computes what runs apart, bit for bit', async (name) => {
  const model = await fixtureModel(name);
  const together = await model.run([0, 1, 2].concat(name === 'modular-addition' ? [] : [1, 2]));
  expect(together.program.steps.some(({ fusion }) => fusion !== undefined)).toBe(true);
  const session = await model.debug([...together.tokens[0]!]);
  await session.continue();
  expect(session.done).toBe(true);
  expect(await differences(together, session.trace)).toEqual([]);
  session.dispose();
  together.dispose();
});

describe('an edit between the steps of a fusion', () => {
  test.each([
    ['blocks.0.attn.hook_q', 'qkv'],
    ['blocks.0.attn.hook_attn_scores', 'attn_pattern'],
    ['blocks.0.hook_attn_out', 'matmul_add'],
    ['blocks.0.mlp.hook_pre', 'matmul_gelu_new'],
    ['blocks.1.hook_mlp_out', 'matmul_add'],
  ])('at %s has the steps of %s run apart, with equal bits', async (at, fusion) => {
    const model = await tiny();
    const plain = await model.run(tokens);
    const edited = await model.run(tokens, { edits: [{ at, op: 'scale', by: 1 }] });
    const own = edited.program.steps.find(({ outputs }) => Object.values(outputs).includes(`${at}:before`))!;
    expect(own.fusion).toBeUndefined();
    const named = ({ program }: Trace) => program.steps.filter((step) => step.fusion === fusion).length;
    expect(named(edited)).toBeLessThan(named(plain));
    expect(await differences(plain, edited)).toEqual([]);
    for (const trace of [plain, edited]) trace.dispose();
    model.dispose();
  });

  test('reaches what comes after it', async () => {
    const model = await tiny();
    const trace = await model.run(tokens, { edits: [{ at: 'blocks.0.mlp.hook_pre', op: 'zero' }] });
    expect((await trace.read('blocks.0.mlp.hook_post')).data.every((value) => value === 0)).toBe(true);
    expect((await trace.read('blocks.0.mlp.hook_pre:before')).data.every((value) => value === 0)).toBe(false);
    trace.dispose();
    model.dispose();
  });
});

test.each(['relu', 'gelu', 'gelu_new', 'silu'] as const)('%s is fused, and within its bound', async (act_fn) => {
  const model = await tiny({ act_fn });
  const trace = await model.run(tokens);
  expect(trace.program.steps.some(({ fusion }) => fusion === `matmul_${act_fn}`)).toBe(true);
  for await (const { tensor, ok } of model.check(trace)) expect(ok, tensor).toBe(true);
  trace.dispose();
  model.dispose();
});

test('weights that one binding cannot hold together are multiplied one by one', async () => {
  const { d_model, d_mlp } = tinyModel().config;
  const model = await modelWithin(4 * d_model * d_mlp, false); // W_in fits, three of 4 * 35 * 21 bytes do, but not with their gaps.
  const { steps } = fuse(model.program(1, 7));
  expect(steps.some(({ fusion }) => fusion === 'qkv')).toBe(false);
  expect(steps.some(({ fusion }) => fusion === 'matmul_add')).toBe(true);
  model.dispose();
});

test('steps of which one does not run are not fused', async () => {
  const model = await tiny();
  const program = fuse(model.program(1, 7));
  const without = program.steps.filter(({ kernel }) => kernel !== 'softmax');
  expect(fusedSteps(program, without).map(({ fusion }) => fusion.name)).not.toContain('attn_pattern');
  expect(fusedSteps(program, program.steps).map(({ fusion }) => fusion.name)).toContain('attn_pattern');
  model.dispose();
});

test("a user's kernel is not passed over by a fusion", async () => {
  const code = `
struct Uniforms { size: u32 }
@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64;
  if (i >= u.size) { return; }
  sum[i] = b[i] + a[i];
}`;
  const files = tinyModel({ n_heads: 4, d_head: 16 });
  const model = await loadModel(files, { device: await testDevice(), kernels: { 'add.wgsl': code } });
  const trace = await model.run(tokens);
  const adds = trace.program.steps.filter(({ kernel }) => kernel === 'add');
  expect(adds.map(({ variant, fusion }) => [variant, fusion])).toEqual(adds.map(() => ['user', undefined]));
  trace.dispose();
  model.dispose();
});
