import { expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { testDevice } from '../harness/device';

const shader = (body: string) => `@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn main() {
  ${body}
}`;

const spec = (body: string) => ({ label: 'example', code: shader(body), constants: {}, storage: ['write'] as const });

test('a shader is compiled once', async () => {
  const { pipelines } = Gpu.of(await testDevice());
  const [first, second] = await Promise.all([pipelines.get(spec('y[0] = 1;')), pipelines.get(spec('y[0] = 1;'))]);
  expect(second).toBe(first);
  expect((await pipelines.get(spec('y[0] = 2;'))).pipeline).not.toBe(first.pipeline);
});

test('a shader that does not compile is named with its line', async () => {
  const { pipelines } = Gpu.of(await testDevice());
  const rejected = expect(pipelines.get(spec('y[0] = nothing;'))).rejects;
  await rejected.toMatchObject({
    code: 'shader-invalid',
    message: expect.stringMatching(/^example:5:10: .*nothing.*\n {4}y\[0\] = nothing;$/s),
  });
});

test('a binding that the layout lacks is an error with the label', async () => {
  const { pipelines } = Gpu.of(await testDevice());
  const rejected = expect(pipelines.get({ ...spec('y[0] = 3;'), storage: ['read'] })).rejects;
  await rejected.toMatchObject({ code: 'shader-invalid', message: expect.stringMatching(/^example: /) });
});
