import { describe, expect, test } from 'vitest';
import { hookNames, resolve } from '../../src/program/program';
import { describeStepError } from '../../src/run/check-steps';
import { readF64, readI32, type SafetensorsFile } from '../../src/tensor/safetensors';
import { type Fixture, fixtureModel, reference } from '../harness/fixtures';
import { near } from '../harness/near';

/**
 * The chain from the GPU to PyTorch. Each GPU step lies within its bound of our float64 on its own inputs; our float64,
 * from token ids on, equals PyTorch's but for float64 rounding; and the GPU's own values, whose errors have gone through
 * all the steps before, stay near PyTorch's.
 */
describe.each(['modular-addition', 'induction', 'shakespeare'] as const)('%s', (name) => {
  test('every GPU step lies within its bound of float64 on its own inputs', async () => {
    const { model, tokens } = await setUp(name);
    const trace = await model.run(tokens);
    let steps = 0;
    for await (const error of model.check(trace)) {
      expect(error.ok, describeStepError(error)).toBe(true);
      steps++;
    }
    expect(steps).toBeGreaterThanOrEqual(trace.program.steps.length);
    trace.dispose();
  });

  test('float64 agrees with PyTorch on every hook name', async () => {
    const { model, file, tokens, expected } = await setUp(name);
    const program = model.program(tokens.length, tokens[0]!.length);
    const values = await model.float64(tokens);
    expect(expected.length).toBeGreaterThan(0);
    expect([...hookNames(program)].filter((hook) => !file.tensors.has(hook))).toEqual([]);
    for (const hook of expected)
      near(
        hook,
        program.tensors[resolve(program, hook)]!,
        values.get(resolve(program, hook))!,
        readF64(file, hook),
        1e-12,
      );
  });

  test('the GPU agrees with PyTorch on every hook name', async () => {
    const { model, file, tokens, expected } = await setUp(name);
    const trace = await model.run(tokens);
    for (const hook of expected) {
      const { data, ...layout } = await trace.read(hook);
      near(hook, layout, data, readF64(file, hook), 2e-5);
    }
    trace.dispose();
  });
});

async function setUp(name: Fixture) {
  const model = await fixtureModel(name);
  const file: SafetensorsFile = await reference(name);
  const [batch, pos] = file.tensors.get('tokens')!.shape as [number, number];
  const ids = [...readI32(file, 'tokens')];
  const tokens = Array.from({ length: batch }, (_, b) => ids.slice(b * pos, (b + 1) * pos));
  const expected = [...file.tensors.keys()].filter((hook) => hook !== 'tokens');
  return { model, file, tokens, expected };
}
