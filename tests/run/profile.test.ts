import { describe, expect, test } from 'vitest';
import { requestDevice } from '../../src/gpu/device';
import { readTrace, writeTrace } from '../../src/index';
import { loadModel } from '../../src/load-model';
import type { Edit } from '../../src/program/edits';
import type { Profile } from '../../src/run/profile';
import type { LiveTrace } from '../../src/trace/live';
import { testDevice } from '../harness/device';
import { fixtureModel } from '../harness/fixtures';

const PROMPT = '<bos> a b c a';

function expectComplete(profile: Profile, steps: readonly number[]): void {
  expect(profile.steps.map(({ step }) => step)).toEqual(steps);
  expect(profile.quantumMs).toBeGreaterThanOrEqual(0);
  for (const { medianMs, leastMs, kernel } of profile.steps) {
    expect(leastMs, kernel).toBeGreaterThanOrEqual(0);
    expect(medianMs >= leastMs, kernel).toBe(true);
  }
}

test('without timestamps the queue is timed, and every step has its costs', async () => {
  const model = await fixtureModel('induction');
  expect((await testDevice()).features.has('timestamp-query')).toBe(false);
  const { allocations, bytesRetained } = model.counters;
  const profile = await model.profile(PROMPT, { rounds: 3 });
  const program = model.program(1, 5);
  expect(profile).toMatchObject({ source: 'queue', rounds: 3, adapter: model.adapterName });
  expect(profile.quantumMs).toBeGreaterThan(0);
  expectComplete(profile, [...program.steps.keys()]);
  expect(model.counters.bytesRetained).toBe(bytesRetained);
  expect(model.counters.allocations).toBeGreaterThan(allocations);
  const step = program.steps.findIndex(({ kernel }) => kernel === 'matmul');
  const { rows, inner, cols } = program.steps[step]!.uniforms as Record<'rows' | 'inner' | 'cols', number>;
  const [flops, bytesRead, bytesWritten] = [
    2 * rows * inner * cols,
    4 * (rows * inner + inner * cols + cols),
    4 * rows * cols,
  ];
  const intensity = flops / (bytesRead + bytesWritten);
  expect(profile.steps[step]).toMatchObject({ kernel: 'matmul', flops, bytesRead, bytesWritten, intensity });
  // 5 ids and their rows, 64 wide, of 65; then 5 rows of 64.
  expect(profile.steps.slice(0, 2)).toMatchObject([
    { kernel: 'embed', flops: 0, bytesRead: 4 * (5 + 5 * 64), bytesWritten: 4 * 5 * 64, intensity: 0 },
    { kernel: 'pos_embed', flops: 0, bytesRead: 4 * 5 * 64, bytesWritten: 4 * 5 * 64, intensity: 0 },
  ]);
});

test('some steps alone can be timed, and rounds count', async () => {
  const model = await fixtureModel('induction');
  const { submits, dispatches } = model.counters;
  const profile = await model.profile(PROMPT, { rounds: 2, steps: [3, 1] });
  expectComplete(profile, [3, 1]);
  // The pass itself; then one round to warm up and two that count, each an empty pass and two steps.
  expect(model.counters.submits - submits).toBe(1 + 3 * 3);
  expect(model.counters.dispatches - dispatches).toBe(model.program(1, 5).steps.length);
});

test('the values of a pass are what they were after it was timed', async () => {
  const model = await fixtureModel('induction');
  const before = await model.run(PROMPT);
  const logits = (await before.read('unembed.hook_out')).data;
  before.dispose();
  await model.profile(PROMPT, { rounds: 1 });
  const after = await model.run(PROMPT);
  expect((await after.read('unembed.hook_out')).data).toEqual(logits);
  after.dispose();
});

test('where the device has timestamps, they are used', async () => {
  const device = await requestDevice();
  const model = await loadModel('induction', { device });
  const profile = await model.profile(PROMPT, { rounds: 3 });
  const source = device.features.has('timestamp-query') ? 'timestamp-query' : 'queue';
  expect(profile.source).toBe(source);
  expectComplete(profile, [...model.program(1, 5).steps.keys()]);
  // Every time is a whole number of quanta; there are none where the clock never moved within a pass.
  const { quantumMs } = profile;
  for (const { leastMs } of source === 'timestamp-query' ? profile.steps : []) {
    const count = quantumMs === 0 ? leastMs : leastMs / quantumMs;
    expect(Math.abs(count - Math.round(count))).toBeLessThan(1e-6);
  }
  model.dispose();
  device.destroy();
});

test('a step that there is not, and a signal that has ended it', async () => {
  const model = await fixtureModel('induction');
  await expect(model.profile(PROMPT, { steps: [99] })).rejects.toMatchObject({ code: 'step-invalid' });
  await expect(model.profile(PROMPT, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});

describe('a pass that has run', () => {
  const kernelsOf = ({ steps }: { readonly steps: readonly { readonly kernel: string }[] }) =>
    steps.map(({ kernel }) => kernel);

  test('is timed step for step as its own program has them, with edits that were made after their tensor was read', async () => {
    const model = await fixtureModel('induction');
    const { bytesRetained } = model.counters;
    const session = await model.debug(PROMPT);
    const at = 'blocks.0.hook_resid_pre';
    session.edit({ at: 'unembed.hook_out', op: 'scale', by: 2 }); // its operands are there before its step has run
    await session.runTo('blocks.0.attn.hook_k');
    session.edit({ at, op: 'scale', by: 2 });
    await session.step();
    const [stopped, { at: index }] = [session.trace, session];
    expect(stopped.program.steps[index - 1]!.kernel).toBe('edit');
    const device = await testDevice();
    device.pushErrorScope('validation');
    const one = await model.profile(stopped, { rounds: 1, steps: [index - 1] });
    expect(one.steps).toMatchObject([{ step: index - 1, kernel: 'edit' }]);
    session.edit({ at, op: 'add', value: 1 });
    await session.finish();
    const { trace } = session;
    const { submits, dispatches } = model.counters;
    const whole = await model.profile(trace, { rounds: 1 });
    expect(kernelsOf(whole)).toEqual(kernelsOf(trace.program));
    expect(model.counters.dispatches - dispatches).toBe(trace.program.steps.length);
    expect(model.counters.submits - submits).toBeGreaterThan(trace.program.steps.length);
    // The same edits up front stand at other steps.
    const upFront = await model.profile(PROMPT, { rounds: 1, edits: trace.edits as Edit[] });
    expect(kernelsOf(upFront)).not.toEqual(kernelsOf(whole));
    expect(await device.popErrorScope()).toBeNull();
    session.dispose();
    expect(model.counters.bytesRetained).toBe(bytesRetained);
  });

  test('runs again from the inputs that it had, to the same bits', async () => {
    const model = await fixtureModel('induction');
    const edits: Edit[] = [{ at: 'blocks.0.attn.hook_z', slice: { head: 1 }, op: 'add', value: 3 }];
    const trace = (await model.run(PROMPT, { edits, retain: [] })) as LiveTrace;
    const inputs = await trace.inputs();
    expect(inputs.tokens).toEqual(Uint32Array.from(trace.tokens.flat()));
    expect(Object.keys(inputs).sort()).toEqual([
      'blocks.0.attn.hook_z:offset',
      'blocks.0.attn.hook_z:weight',
      'tokens',
    ]);
    expect(new Set(inputs['blocks.0.attn.hook_z:offset'])).toEqual(new Set([0, 3]));
    expect(new Set(inputs['blocks.0.attn.hook_z:weight'])).toEqual(new Set([1]));
    const narrow = await model.run(PROMPT, { positions: [-1] });
    for (const one of [trace, narrow]) {
      expect(kernelsOf(await model.profile(one, { rounds: 1 }))).toEqual(kernelsOf(one.program));
    }
    for (const one of [trace, narrow]) one.dispose();
  });

  test('is refused where it cannot be run again', async () => {
    const [model, other] = [await fixtureModel('induction'), await fixtureModel('shakespeare')];
    const trace = await model.run(PROMPT);
    const recorded = readTrace(await writeTrace(trace));
    const refused = [
      [model.profile(recorded), 'not-live', 'This trace is no live one'],
      [other.profile(trace), 'usage', 'This trace is a pass of induction, which has other weights'],
      [model.profile(trace, { edits: [{ at: 'hook_embed', op: 'zero' }] }), 'usage', 'A trace has its edits'],
      [model.profile(trace, { steps: [99] }), 'step-invalid', 'There is no step 99'],
    ] as const;
    for (const [profile, code, sentence] of refused) {
      await expect(profile).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
    }
    trace.dispose();
    await expect(model.profile(trace)).rejects.toMatchObject({ code: 'disposed' });
  });
});
