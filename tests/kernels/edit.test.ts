import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { edit } from '../../src/kernels/edit';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';
import { HOSTILE, numbers, ODD_SIZES } from './numbers';
import { witness } from './witness';

test.each(ODD_SIZES)('edits %i values', async (size) => {
  const { around } = numbers(size);
  await witness(edit, { size }, { x: around(0, size), weight: around(1, size), offset: around(0, size) });
});

test('weight 1 and offset 0 keep every bit, weight 0 yields the offset', async () => {
  const gpu = Gpu.of(await testDevice());
  const x = Float32Array.from([...HOSTILE, 2 ** -126, 3e38]);
  const size = x.length;
  const run = (weight: number, offset: Float32Array) =>
    runKernel(gpu, edit, edit.variants[0], { size }, { x, weight: new Float32Array(size).fill(weight), offset });
  const kept = await run(1, new Float32Array(size));
  expect(new Uint32Array(kept.y!.buffer)).toEqual(new Uint32Array(x.buffer));
  const replaced = await run(0, x.toReversed());
  expect(new Uint32Array(replaced.y!.buffer)).toEqual(new Uint32Array(x.toReversed().buffer));
});

test('scales and adds any moderate numbers', async () => {
  const number = fc.float({ noNaN: true, min: -(2 ** 60), max: 2 ** 60 });
  const triples = fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 100 });
  const property = fc.asyncProperty(triples, async (list) => {
    const [x, weight, offset] = [0, 1, 2].map((i) => Float32Array.from(list, (triple) => triple[i]!));
    await witness(edit, { size: list.length }, { x: x!, weight: weight!, offset: offset! });
  });
  await fc.assert(property, { seed: 1, numRuns: 20 });
});
