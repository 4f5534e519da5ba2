import { MASKED } from '../tensor/masked';

/** What kind of number a value is; one bit each, so that several values can be told together. */
export const NumberKind = {
  zero: 1,
  subnormal: 2,
  normal: 4,
  positiveInfinity: 8,
  negativeInfinity: 16,
  nan: 32,
  /** A score that the attention mask hides. */
  masked: 64,
} as const;

/** Zeros, subnormal and normal numbers. */
export const FINITE = NumberKind.zero | NumberKind.subnormal | NumberKind.normal;

/**
 * The kind of each value, by its bit pattern (IEEE 754, binary32 or binary64), never by arithmetic: a compiler may assume
 * that there are no NaNs, and may flush subnormal numbers.
 *
 * @param masks whether the values are attention scores: what is −1e30 or below then is masked
 */
export function numberKinds(values: Float32Array | Float64Array, masks = false): Uint8Array<ArrayBuffer> {
  const kinds = new Uint8Array(values.length);
  const double = values instanceof Float64Array;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const [exponents, fractions] = double ? [0x7ff00000, 0x000fffff] : [0x7f800000, 0x007fffff];
  for (let i = 0; i < kinds.length; i++) {
    const high = words[double ? 2 * i + 1 : i]!; // little-endian, as WebGPU's buffers are
    const exponent = high & exponents;
    const isWhole = (high & fractions) === 0 && (!double || words[2 * i] === 0);
    if (masks && values[i]! <= MASKED) kinds[i] = NumberKind.masked;
    else if (exponent === 0) kinds[i] = isWhole ? NumberKind.zero : NumberKind.subnormal;
    else if (exponent < exponents) kinds[i] = NumberKind.normal;
    else if (!isWhole) kinds[i] = NumberKind.nan;
    else kinds[i] = high >>> 31 ? NumberKind.negativeInfinity : NumberKind.positiveInfinity;
  }
  return kinds;
}
