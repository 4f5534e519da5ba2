/** Which colours a matrix has: about 0 where it has both signs, from 0 up where nothing is negative. */
import { FINITE } from '../../src/viewer';
import { diverging, sequential } from '../shared/colors';
import type { Coloring } from './paint-cells';
import type { Cells } from './pyramid';

/** Beyond which share of the magnitudes the colours no longer change. */
export const ranges = { full: 1, '99.9%': 0.999, '99%': 0.99 } as const;
export type Range = keyof typeof ranges;

export function isRange(text: string | null): text is Range {
  return text !== null && Object.hasOwn(ranges, text);
}

/**
 * @param signed colours about 0 even where nothing is negative, as for differences
 * @param share of the magnitudes; beyond it the colours stay the same
 */
export function coloringOf(cells: Cells, signed: boolean, share: number): Coloring {
  const { values, kinds } = cells;
  let [negative, largest] = [false, 0];
  for (let i = 0; i < values.length; i++) {
    if ((kinds[i]! & FINITE) === 0) continue;
    const value = values[i]!;
    if (value < 0) negative = true;
    const magnitude = Math.abs(value);
    if (magnitude > largest) largest = magnitude;
  }
  const max = share < 1 ? Math.min(largest, quantile(cells, share)) : largest;
  if (max === 0) return { scale: diverging, min: -1, max: 1 };
  return negative || signed ? { scale: diverging, min: -max, max } : { scale: sequential, min: 0, max };
}

/**
 * A magnitude that this share of the finite values does not exceed, to within 1%: counted by the upper 15 bits of their
 * absolute values in single precision, which are in the order of magnitude.
 */
function quantile({ values, kinds }: Cells, share: number): number {
  const counts = new Uint32Array(2 ** 15);
  const single = new Float32Array(1);
  const word = new Uint32Array(single.buffer);
  let finite = 0;
  for (let i = 0; i < values.length; i++) {
    if ((kinds[i]! & FINITE) === 0) continue;
    single[0] = values[i]!;
    counts[(word[0]! & 0x7fffffff) >>> 16]!++;
    finite++;
  }
  let bin = -1;
  for (let below = 0; below < share * finite; ) below += counts[++bin]!;
  word[0] = (bin << 16) | 0xffff;
  return bin < 0 ? 0 : single[0]!;
}
