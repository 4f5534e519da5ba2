import { expect, test } from 'vitest';
import { bitsOf, compareStores, ulpsBetween } from '../../src/debug/compare';
import { type Model, readTrace, type Trace, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';

const PROMPT = 'To be';

async function stepAll(model: Model, trace: Trace, step: number, groups: number): Promise<void> {
  for (let group = 0; group < groups; group++) {
    const stepper = await model.stepWorkgroup(trace, step, [group, 0, 0]);
    expect(stepper.finish().reason).toBe('end');
    const { ok, worst, stores } = await stepper.compare();
    expect(ok, JSON.stringify(worst)).toBe(true);
    expect(stores.length).toBeGreaterThan(0);
  }
}

test('the last workgroup of every step of a pass stores what the GPU wrote, within the bound', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run('<bos> a b c a');
  for (const [index, { kernel }] of trace.program.steps.entries()) {
    const first = await model.stepWorkgroup(trace, index);
    const last = first.options.dispatch.map((count) => count - 1) as [number, number, number];
    const stepper = await model.stepWorkgroup(trace, index, last);
    expect(stepper.finish().reason, kernel).toBe('end');
    const { ok, stores, worst } = await stepper.compare();
    expect(ok, JSON.stringify(worst)).toBe(true);
    expect(stores.length, kernel).toBeGreaterThan(0);
    expect([...stepper.faults, ...stepper.races]).toEqual([]);
  }
  trace.dispose();
});

test('each shader of a step can be stepped on its operands', async () => {
  const model = await fixtureModel('shakespeare');
  const trace = await model.run(PROMPT);
  const step = trace.program.steps.findIndex(({ kernel }) => kernel === 'matmul');
  for (const variant of ['clear', 'tiled']) {
    const stepper = await model.stepWorkgroup(trace, step, [0, 0, 0], { variant });
    stepper.runToBarrier();
    expect(stepper.workgroupMemory.map(({ name }) => name)).toEqual(
      variant === 'tiled' ? ['x_tile', 'w_tile', 'runs'] : [],
    );
    expect(stepper.finish().reason).toBe('end');
    expect((await stepper.compare()).ok).toBe(true);
  }
  trace.dispose();
});

test('an edited pass is stepped on what its steps read, and a recorded one as well', async () => {
  const model = await fixtureModel('modular-addition');
  const live = await model.run('12 34 =', { edits: [{ at: 'blocks.0.hook_mlp_out', op: 'scale', by: 0.5 }] });
  const step = live.program.steps.findIndex(({ kernel }) => kernel === 'edit');
  await stepAll(model, live, step, 2);
  const recorded = readTrace(await writeTrace(live));
  const softmax = live.program.steps.findIndex(({ kernel }) => kernel === 'softmax');
  await stepAll(model, recorded, softmax, 1);
  live.dispose();
});

test('what there is not is named', async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run('<bos> a');
  await expect(model.stepWorkgroup(trace, 99)).rejects.toMatchObject({
    code: 'step-invalid',
    message: `There is no step 99: this program has steps 0 to ${trace.program.steps.length - 1}.`,
  });
  await expect(model.stepWorkgroup(trace, 0, [0, 0, 0], { variant: 'quick' })).rejects.toMatchObject({
    message: 'embed has no shader quick; it has: clear.',
  });
  trace.dispose();
});

test('units in the last place count f32 values from one to the other', () => {
  const between = (a: number, b: number) => ulpsBetween(bitsOf(a), bitsOf(b));
  expect(between(1, 1)).toBe(0);
  expect(between(1, 1 + 2 ** -23)).toBe(1);
  expect(between(1, 1 - 2 ** -24)).toBe(1);
  expect(between(2 ** -149, -(2 ** -149))).toBe(3);
  expect(between(0, -0)).toBe(1);
  expect(between(NaN, 1)).toBe(Infinity);
});

test('a comparison takes the last store of an element, and a difference beyond the bound fails', () => {
  const store = (offset: number, value: number) => ({
    lane: 0,
    port: 'y',
    offset,
    value,
    bits: bitsOf(value),
    line: 3,
  });
  const expected = { written: { y: Float32Array.of(1, 2, NaN) }, bounds: { y: Float64Array.of(0, 0.5, 1) } };
  const good = compareStores([store(0, 9), store(1, 2.25), store(0, 1)], expected);
  expect(good).toMatchObject({ ok: true, identical: 1, worst: { offset: 1, difference: 0.25, ratio: 0.5 } });
  expect(good.stores.map(({ offset }) => offset)).toEqual([0, 1]);
  expect(compareStores([store(1, 2.75)], expected)).toMatchObject({ ok: false, worst: { ratio: 1.5 } });
  expect(compareStores([store(2, 1)], expected)).toMatchObject({ ok: false, worst: { ratio: Infinity } });
  expect(compareStores([store(2, NaN)], expected).ok).toBe(true);
});
