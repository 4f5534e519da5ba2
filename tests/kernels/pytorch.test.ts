/** The third witness: PyTorch's float64, written by pytorch.py. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import type { Uniforms } from '../../src/kernels/kernel';
import pytorch from './pytorch.json?raw';
import { truthOf, witness } from './witness';

interface Case {
  readonly kernel: string;
  readonly about: string;
  readonly uniforms: Uniforms;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const cases = JSON.parse(pytorch) as Case[];

describe.each(cases)('$kernel, $about', ({ kernel: name, uniforms, inputs, outputs }) => {
  const kernel = kernels[name]!;
  const typed = kernel.ports
    .filter(({ access }) => access === 'read')
    .map(({ name, type }) => [name, (type === 'u32' ? Uint32Array : Float32Array).from(inputs[name]!)] as const);

  test('the inputs are exact in f32', () => {
    for (const [port, values] of typed) expect([...values]).toEqual(inputs[port]);
  });

  test('the float64 reference agrees with PyTorch to twelve digits', () => {
    const { reference, bounds } = truthOf(kernel, uniforms, inputs);
    for (const [port, expected] of Object.entries(outputs)) {
      expect(reference[port]).toHaveLength(expected.length);
      for (const [i, value] of expected.entries()) {
        // Where a sum cancels, its digits count from its terms: the f32 bound, 2⁻³⁰ of it in float64, four times over.
        const slack = 1e-12 * Math.abs(value) + 2 ** -28 * bounds[port]![i]!;
        const got = reference[port]![i]!;
        expect(Math.abs(got - value) <= slack, `${port}[${i}] is ${got}, PyTorch ${value}`).toBe(true);
      }
    }
  });

  test('the GPU lies within the bound', async () => {
    await witness(kernel, uniforms, Object.fromEntries(typed));
  });
});

test('PyTorch has its say on every kernel', () => {
  expect([...new Set(cases.map(({ kernel }) => kernel))].sort()).toEqual(Object.keys(kernels).sort());
});
