/**
 * Numbers as IEEE 754 binary16, two in each 32-bit word, the first in its lower half. A word is kept as its bits plus 2²³:
 * read as an f32 it is then a normal number, whatever the two are, and no GPU may flush it or make another NaN of it. A
 * shader takes the 2²³ off and has `unpack2x16float` widen the two, which is exact.
 */
import { f16ToF32Bits } from './dtypes';

/** The largest number that f16 holds. */
export const LARGEST = 65504;

/** One f32 step of the exponent: 2²³. */
const ABOVE = 0x800000;

export interface Halves {
  readonly words: Uint32Array<ArrayBuffer>;
  /** How many of the numbers f16 does not hold as they are, and by how much the farthest was moved. */
  readonly changed: number;
  readonly largest: number;
}

/** Rounded to nearest, halves to even. @returns the first index at which no finite f16 is nearest, if there is one */
export function packHalves(values: Float32Array): Halves | number {
  const words = new Uint32Array(Math.ceil(values.length / 2));
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const wide = widened();
  let changed = 0;
  let largest = 0;
  for (let i = 0; i < from.length; i++) {
    const half = toHalf(from[i]!, values[i]!);
    if (half < 0) return i;
    words[i >> 1]! |= half << (16 * (i & 1));
    const by = Math.abs(values[i]! - wide[half]!);
    if (by === 0) continue;
    changed++;
    if (by > largest) largest = by;
  }
  for (let i = 0; i < words.length; i++) words[i]! += ABOVE;
  return { words, changed, largest };
}

/** The numbers that packed words hold. */
export function unpackHalves(words: Uint32Array, count: number): Float32Array<ArrayBuffer> {
  const wide = widened();
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = wide[((words[i >> 1]! - ABOVE) >>> (16 * (i & 1))) & 0xffff]!;
  return out;
}

/** The bits of the nearest f16, the even one of two; −1 where that is no finite number. */
function toHalf(bits: number, value: number): number {
  const size = bits & 0x7fffffff;
  const sign = (bits >>> 16) & 0x8000;
  if (size >= 0x477ff000) return -1; // 65520 and more, and NaN
  // Subnormal: in steps of 2⁻²⁴, which are those of f32 from 1/2 on.
  if (size < 0x38800000) return sign | ((Math.fround(Math.abs(value) + 0.5) - 0.5) * 2 ** 24);
  return sign | ((size - 0x38000000 + 0xfff + ((size >> 13) & 1)) >> 13); // the biases are 127 and 15
}

let table: Float32Array | undefined;

/** Every f16, by its bits. */
function widened(): Float32Array {
  table ??= new Float32Array(Uint32Array.from({ length: 65536 }, (_, bits) => f16ToF32Bits(bits)).buffer);
  return table;
}
