/** The safetensors format: an 8-byte header length, a JSON header, then raw little-endian arrays, row-major. */
import { FluoroscopeError } from '../errors';
import { elementsOf } from './dtypes';
import { parseHeader, refuse, type SafetensorsHeader } from './safetensors-header';
import { show } from './show';

export type { Dtype } from './dtypes';
export { headerEnd, parseHeader, type SafetensorsHeader, type StoredTensor } from './safetensors-header';

export interface SafetensorsFile extends SafetensorsHeader {
  readonly bytes: Uint8Array;
}

/**
 * @param bytes the whole file; kept, not copied.
 * @param name names the file in errors.
 * @throws FluoroscopeError 'safetensors-invalid', one sentence for each thing that can be wrong with a file.
 */
export function parseSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  return { ...parseHeader(bytes, bytes.length, name), bytes };
}

/** @throws FluoroscopeError 'tensor-unknown'; 'safetensors-invalid' for a dtype that is listed but not decoded. */
function elements(file: SafetensorsFile, tensor: string) {
  const stored = file.tensors.get(tensor);
  if (!stored) {
    const holds = [...file.tensors.keys()];
    const some = `${holds.slice(0, 10).join(', ')}${holds.length > 10 ? `, and ${holds.length - 10} more` : ''}`;
    throw new FluoroscopeError('tensor-unknown', `${file.name}: no tensor ${show(tensor)}; it holds ${some || 'none'}`);
  }
  const values = elementsOf(stored.dtype, file.bytes.subarray(stored.begin, stored.end));
  const what = `tensor ${show(tensor)} (${stored.dtype} ${show(stored.shape)})`;
  if (!values) refuse(file.name, `${what} cannot be read as numbers; convert it to F16, BF16 or F32`);
  return { values, what };
}

/** Copies into `out`, refusing the first value that `out`'s type does not hold. */
function copyExact<T extends Float32Array | Float64Array | Int32Array>(
  { values, what }: ReturnType<typeof elements>,
  out: T,
  type: string,
  file: SafetensorsFile,
): T {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    out[i] = Number(value);
    // biome-ignore lint/suspicious/noDoubleEquals: == compares a number and a bigint by value, === never holds
    if (out[i] != value) refuse(file.name, `${what} holds ${value} at element ${i}, which ${type} cannot hold`);
  }
  return out;
}

/**
 * The tensor's elements, row-major. F32 comes as a view of the file's bytes where they are aligned, so writing to it
 * writes to them; F64 is rounded; F16, BF16 and whole numbers are exact, and a whole number that f32 cannot hold is
 * refused.
 */
export function readF32(file: SafetensorsFile, tensor: string): Float32Array {
  const read = elements(file, tensor);
  if (read.values instanceof Float32Array) return read.values;
  if (read.values instanceof Float64Array) return new Float32Array(read.values);
  return copyExact(read, new Float32Array(read.values.length), 'f32', file);
}

/** The tensor's elements, row-major, each exact; F64 as a view, as in `readF32`. */
export function readF64(file: SafetensorsFile, tensor: string): Float64Array {
  const read = elements(file, tensor);
  if (read.values instanceof Float64Array) return read.values;
  if (read.values instanceof Float32Array) return new Float64Array(read.values);
  return copyExact(read, new Float64Array(read.values.length), 'f64', file);
}

/** The elements of a BOOL or whole-number tensor, row-major, each exact; I32 as a view, as in `readF32`. */
export function readI32(file: SafetensorsFile, tensor: string): Int32Array {
  const read = elements(file, tensor);
  if (read.values instanceof Int32Array) return read.values;
  if (read.values instanceof Float32Array || read.values instanceof Float64Array) {
    refuse(file.name, `${read.what} is read as whole numbers, expected one of BOOL, I8 … I64, U8 … U64`);
  }
  return copyExact(read, new Int32Array(read.values.length), 'i32', file);
}
