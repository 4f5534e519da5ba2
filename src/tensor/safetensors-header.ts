/** What a safetensors file says it holds, checked before a byte of its data is read. */
import { FluoroscopeError } from '../errors';
import { bitsOf, DTYPES, type Dtype, isDtype } from './dtypes';
import { describeImpostor } from './impostor';
import { show } from './show';
import { isObject, parseStrictJson } from './strict-json';

/** One tensor, row-major; its bytes lie at [begin, end) from the beginning of the file. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Names the file in errors. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

export const LENGTH_BYTES = 8;
export const LONGEST_HEADER = 100_000_000; // bytes, as in the reference implementation

export function refuse(name: string, why: string, options?: ErrorOptions): never {
  throw new FluoroscopeError('safetensors-invalid', `${name}: ${why}`, options);
}

/**
 * Where the header ends and the data begins, in bytes: how much of the file `parseHeader` needs.
 * @param bytes the file's first 8 bytes or more (all of them where it has fewer); `fileLength` is the whole file's.
 */
export function headerEnd(bytes: Uint8Array, fileLength: number, name: string): number {
  const impostor = describeImpostor(bytes);
  if (impostor) throw new FluoroscopeError('safetensors-invalid', `${name} ${impostor}`);
  if (fileLength < LENGTH_BYTES) {
    refuse(name, `the file has ${fileLength} bytes, expected at least 8, its header's length; fetch it again`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length === 0n) refuse(name, "the header's length is 0 bytes, expected at least 2, for {}");
  if (length > LONGEST_HEADER) {
    refuse(name, `the header's length is ${length} bytes, expected at most ${LONGEST_HEADER}: not a safetensors file`);
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > fileLength) {
    const got = fileLength - LENGTH_BYTES;
    refuse(name, `the header's length is ${length} bytes, but the file ends after ${got} of them; fetch it again`);
  }
  return end;
}

/**
 * Reads and checks a header. The tensors must cover the data exactly: no holes, no overlaps, nothing after them.
 * @param bytes the file's beginning, to `headerEnd` or beyond; `fileLength` is the whole file's, in bytes, Infinity where it is
 * not known yet.
 * @param name names the file in errors.
 * @throws FluoroscopeError 'safetensors-invalid'
 */
export function parseHeader(bytes: Uint8Array, fileLength: number, name: string): SafetensorsHeader {
  const dataBegin = headerEnd(bytes, fileLength, name);
  const header = parseJson(bytes.subarray(LENGTH_BYTES, dataBegin), name);
  const metadata: Record<string, string> = {};
  const tensors: [string, StoredTensor][] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') Object.assign(metadata, checkMetadata(value, name));
    else tensors.push([key, checkTensor(key, value, dataBegin, fileLength, name)]);
  }
  tensors.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCover(tensors, dataBegin, fileLength, name);
  return { name, metadata, tensors: new Map(tensors) };
}

function parseJson(bytes: Uint8Array, name: string): Record<string, unknown> {
  const first = bytes[0]!;
  if (first !== 0x7b) {
    const character = first > 0x20 && first < 0x7f ? ` (${String.fromCharCode(first)})` : '';
    refuse(name, `the header begins with byte 0x${first.toString(16).padStart(2, '0')}${character}, expected {`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    refuse(name, 'the header is not valid UTF-8', { cause });
  }
  try {
    return parseStrictJson(text) as Record<string, unknown>;
  } catch (cause) {
    refuse(name, `the header cannot be parsed: ${(cause as SyntaxError).message}`, { cause });
  }
}

/** `__proto__` as a key would write to an object's prototype in careless readers. */
function checkName(key: string, name: string): void {
  if (key === '__proto__') refuse(name, 'a tensor or metadata entry is named "__proto__", which is not allowed');
}

function checkMetadata(metadata: unknown, name: string): Record<string, string> {
  if (!isObject(metadata)) refuse(name, `__metadata__ is ${show(metadata)}, expected an object of strings`);
  for (const [key, value] of Object.entries(metadata)) {
    checkName(key, name);
    if (typeof value !== 'string') refuse(name, `__metadata__ entry ${show(key)} is ${show(value)}, expected a string`);
  }
  return metadata as Record<string, string>;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkTensor(key: string, entry: unknown, dataBegin: number, fileLength: number, name: string): StoredTensor {
  checkName(key, name);
  const tensor = `tensor ${show(key)}`;
  const fields = ['dtype', 'shape', 'data_offsets'];
  if (!isObject(entry)) refuse(name, `${tensor} is ${show(entry)}, expected an object with ${fields.join(', ')}`);
  for (const field of fields) {
    if (!Object.hasOwn(entry, field)) refuse(name, `${tensor} has no ${field}, expected ${fields.join(', ')}`);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) refuse(name, `${tensor} has dtype ${show(dtype)}, expected one of ${DTYPES.join(', ')}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    refuse(name, `${tensor} has shape ${show(shape)}, expected a list of whole numbers from 0 to 2^53 - 1`);
  }
  let bits = bitsOf(dtype) as number;
  for (const size of shape as number[]) {
    bits *= size;
    if (!Number.isSafeInteger(bits)) refuse(name, `${tensor} has shape ${show(shape)}: more bits than 2^53 - 1`);
  }
  if (bits % 8 !== 0) refuse(name, `${tensor} (${dtype} ${show(shape)}) has ${bits} bits, expected whole bytes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    refuse(name, `${tensor} has data_offsets ${show(offsets)}, expected [begin, end] in bytes`);
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin) refuse(name, `${tensor} has data_offsets [${begin},${end}], which end before they begin`);
  if (end > fileLength - dataBegin) {
    const got = fileLength - dataBegin;
    refuse(name, `${tensor} has data_offsets [${begin},${end}], but the file's data has ${got} bytes; fetch it again`);
  }
  if (end - begin !== bits / 8) {
    const got = `data_offsets [${begin},${end}] give it ${end - begin}`;
    refuse(name, `${tensor} (${dtype} ${show(shape)}) has ${bits / 8} bytes, but its ${got}`);
  }
  return { dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** `tensors` in the order of their bytes; offsets in errors count from the end of the header, as they do in the file. */
function checkCover(tensors: [string, StoredTensor][], dataBegin: number, fileLength: number, name: string): void {
  let reached = dataBegin;
  let before: string | undefined;
  for (const [key, { begin, end }] of tensors) {
    const at = `tensor ${show(key)} begins at byte ${begin - dataBegin} of the data`;
    const expected = before === undefined ? '0' : `${reached - dataBegin}, where tensor ${show(before)} ends`;
    if (begin < reached) refuse(name, `${at}, expected ${expected}: the two overlap`);
    if (begin > reached) refuse(name, `${at}, expected ${expected}: the bytes between belong to no tensor`);
    reached = end;
    before = key;
  }
  if (reached < fileLength && fileLength < Infinity) {
    refuse(name, `the file's last ${fileLength - reached} bytes belong to no tensor`);
  }
}
