/** The element types of a safetensors file: their sizes, and how their bytes become numbers. */

/** Bits per element. Every type of the format's reference implementation, version 0.8. */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof BITS;

export const DTYPES = Object.keys(BITS) as Dtype[];

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(BITS, name);
}

export function bitsOf(dtype: Dtype): number {
  return BITS[dtype];
}

/** Elements as they are stored; F16 and BF16 widened to F32, which holds each of their values exactly. */
export type Elements =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface View<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/**
 * A view where the bytes are aligned to the element, of a copy where not. Typed arrays have the machine's byte order;
 * the format is little-endian, as is every machine that runs WebGPU.
 */
function view<T>(Type: View<T>, bytes: Uint8Array): T {
  const aligned = bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Type(aligned.buffer, aligned.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}

/** Little-endian bytes of whole elements as numbers. @returns undefined for the types that have no such reading here. */
export function elementsOf(dtype: Dtype, bytes: Uint8Array): Elements | undefined {
  switch (dtype) {
    case 'BOOL':
    case 'U8':
      return view(Uint8Array, bytes);
    case 'I8':
      return view(Int8Array, bytes);
    case 'I16':
      return view(Int16Array, bytes);
    case 'U16':
      return view(Uint16Array, bytes);
    case 'I32':
      return view(Int32Array, bytes);
    case 'U32':
      return view(Uint32Array, bytes);
    case 'I64':
      return view(BigInt64Array, bytes);
    case 'U64':
      return view(BigUint64Array, bytes);
    case 'F32':
      return view(Float32Array, bytes);
    case 'F64':
      return view(Float64Array, bytes);
    case 'F16':
      return widen(view(Uint16Array, bytes), f16ToF32Bits);
    case 'BF16':
      return widen(view(Uint16Array, bytes), (bits) => bits << 16);
    default:
      return undefined;
  }
}

/** Bits are moved, not values: a NaN keeps its payload. */
function widen(halves: Uint16Array, toF32Bits: (bits: number) => number): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = toF32Bits(halves[i]!);
  return new Float32Array(words.buffer);
}

/** IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) to binary32 (1, 8, 23). */
export function f16ToF32Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13); // the biases are 15 and 127
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // subnormal, fraction · 2⁻²⁴: normal in binary32
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
