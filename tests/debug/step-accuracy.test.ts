import { expect, test } from 'vitest';
import { ulpAt } from '../../src/debug/step-accuracy';
import { stepKernel } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';

test("a step's errors are those that the check of the whole pass finds", async () => {
  const model = await fixtureModel('induction');
  const trace = await model.run('<bos> a b c a');
  for await (const { step, tensor, ratio, at, maxError, ok } of model.check(trace)) {
    const outputs = await model.stepAccuracy(trace, step);
    const output = outputs.find((one) => one.tensor === tensor)!;
    expect(output.worst, tensor).toMatchObject({ at, ratio });
    expect(output.largest.error, tensor).toBe(maxError);
    expect(output.ok).toBe(ok);
    const copies = ['embed', 'pos_embed'].includes(trace.program.steps[step]!.kernel);
    if (copies) expect(output.exact).toBe(output.elements);
    expect(output.exact).toBeLessThanOrEqual(output.elements);
  }
  await expect(model.stepAccuracy(trace, -1)).rejects.toMatchObject({ code: 'step-invalid' });
  trace.dispose();
});

test('a unit in the last place is the distance to the next f32', () => {
  expect([1, 1.5, 2, 0.75, 0, 2 ** -140].map(ulpAt)).toEqual([
    2 ** -23,
    2 ** -23,
    2 ** -22,
    2 ** -24,
    2 ** -149,
    2 ** -149,
  ]);
});

test("a step's kernel names its ports' tensors and can be asked for another shader", async () => {
  const model = await fixtureModel('shakespeare');
  const program = model.program(1, 5); // more than the few rows that tiles are not for
  const index = program.steps.findIndex(({ kernel }) => kernel === 'matmul');
  const kernel = stepKernel(program, index, 'tiled');
  const { inputs, outputs, variant } = program.steps[index]!;
  expect(kernel).toMatchObject({ step: index, kernel: 'matmul', variant: 'tiled', ran: variant, dispatch: [2, 1, 1] });
  expect(kernel.code).toContain('var<workgroup> x_tile');
  expect(kernel.ports.map(({ name, tensor }) => [name, tensor])).toEqual([
    ...Object.entries(inputs),
    ...Object.entries(outputs),
  ]);
  expect(kernel.ports[0]!.dimensions).toEqual([
    { name: 'rows', size: 5 },
    { name: 'inner', size: 128 },
  ]);
  expect(() => stepKernel(program, index, 'quick')).toThrow(
    'matmul has no shader quick; it has: clear, registers, tiled, quads.',
  );
  expect(() => stepKernel(program, 1000)).toThrow('There is no step 1000');
});
