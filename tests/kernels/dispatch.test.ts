/** One dimension of a dispatch holds 65,535 workgroups, so every kernel must bear two, whatever their split. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import { type Kernel, portSize, workgroupsFor } from '../../src/kernels/kernel';
import { numbers } from './numbers';
import { type Inputs, witness } from './witness';

const SIZES: Record<string, number> = {
  ...{ size: 1000, rows: 333, cols: 12, left_cols: 5, right_cols: 7, inner: 5, eps: 1e-5 },
  ...{ batch: 3, pos: 7, query: 7, key: 7, head: 5, dim: 9, model: 11, n_ctx: 8, vocab: 50, first: 0 },
  ...{ scale: 0.5, causal: 1, old: 5, past: 3, fresh: 4, width: 9, heads: 5, fill: -2 },
};

function example(kernel: Kernel): [Record<string, number>, Inputs] {
  const { around, ids } = numbers(1);
  const values = Object.fromEntries(kernel.uniforms.map(({ name }) => [name, SIZES[name]!]));
  const inputs = kernel.ports
    .filter(({ access }) => access === 'read')
    .map((port) => {
      const size = portSize(port, values);
      return [port.name, port.type === 'u32' ? ids(values.vocab!, size) : around(0.5, size)] as const;
    });
  return [values, Object.fromEntries(inputs)];
}

describe.each(Object.values(kernels))('$name', (kernel) => {
  test('finds its element however the workgroups are split', async () => {
    const [values, inputs] = example(kernel);
    const [clear] = kernel.variants;
    const [groups, one] = clear.workgroups(values);
    expect(one).toBe(1);
    for (const x of [1, 2, 3]) {
      const split = { ...clear, workgroups: () => [x, Math.ceil(groups / x), 1] as const };
      await witness(kernel, values, inputs, [split]);
    }
  });
});

test('workgroupsFor stays within the limit and covers all', () => {
  for (const invocations of [1, 64, 65, 65_535 * 64, 65_535 * 64 + 1, 154_389_504, 2 ** 31]) {
    const [x, y, z] = workgroupsFor(invocations);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
    expect(x * y * z * 64).toBeGreaterThanOrEqual(invocations);
    expect(x * (y - 1) * 64).toBeLessThan(invocations);
  }
});
