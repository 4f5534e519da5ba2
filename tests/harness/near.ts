import { expect } from 'vitest';
import { describeIndex, indexAt, type Layout } from '../../src/tensor/layout';

/** A tensor against PyTorch's, relative to its root mean square; masked scores are −Infinity in PyTorch. */
export function near(
  hook: string,
  layout: Layout,
  got: ArrayLike<number>,
  wanted: Float64Array,
  tolerance: number,
): void {
  expect(got.length, hook).toBe(wanted.length);
  const finite = wanted.filter(Number.isFinite);
  const scale = Math.sqrt(finite.reduce((sum, value) => sum + value * value, 0) / finite.length) || 1;
  for (let i = 0; i < wanted.length; i++) {
    const masked = wanted[i] === -Infinity && got[i]! <= Math.fround(-1e30);
    const within = masked || Math.abs(got[i]! - wanted[i]!) <= tolerance * Math.max(scale, Math.abs(wanted[i]!));
    if (!within)
      expect.fail(`${hook} at ${describeIndex(indexAt(layout, i))}: got ${got[i]}, PyTorch has ${wanted[i]}`);
  }
}
