import { expect, test } from 'vitest';
import { describeStepError } from '../../src/run/check-steps';
import { modelWithin } from '../harness/split-model';

const prompt = [
  [0, 69, 70, 71, 139, 140, 196],
  [196, 141, 140, 2, 1, 0, 97],
];

test.each([
  ['untied', false],
  ['tied', true],
] as const)('%s tables split by rows give the same logits, bit for bit', async (_, tied) => {
  const whole = await modelWithin(2 ** 27, tied);
  const split = await modelWithin(70 * 35 * 4, tied);
  const [expected, got] = await Promise.all([whole.run(prompt), split.run(prompt)]);
  expect(got.program.steps.filter((step) => step.kernel === 'unembed').length).toBe(3);
  expect(got.program.steps.filter((step) => step.kernel === 'embed').length).toBe(3);
  for (const name of ['hook_embed', 'unembed.hook_out']) {
    expect((await got.read(name)).data, name).toEqual((await expected.read(name)).data);
  }
  expect(got.names).toEqual(expected.names);
  for await (const error of split.check(got)) expect(error.ok, describeStepError(error)).toBe(true);
  for (const weight of ['embed.W_E', 'unembed.W_U', 'unembed.b_U']) {
    expect(await split.weight(weight), weight).toEqual(await whole.weight(weight));
  }
  if (tied) expect(split.weightBytes).toBeLessThan((await modelWithin(2 ** 27, false)).weightBytes);
  for (const each of [expected, got, whole, split]) each.dispose();
});

test('a weight that cannot be split is refused with the bytes needed and offered', async () => {
  await expect(modelWithin(9000, false)).rejects.toMatchObject({
    code: 'limit-exceeded',
    message: 'blocks.0.mlp.W_in binds 9100 bytes; this device offers 9000 (maxStorageBufferBindingSize).',
  });
});
