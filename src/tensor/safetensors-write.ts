/** Apart from reading: a page that shows a recording writes none. */
import { sizeOf } from './layout';
import { LENGTH_BYTES, LONGEST_HEADER, refuse } from './safetensors-header';
import { show } from './show';

/** A tensor to write: `data` is row-major over `shape`. */
export type TensorToWrite = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly dtype: 'F32'; readonly data: Float32Array }
  | { readonly dtype: 'F64'; readonly data: Float64Array }
  | { readonly dtype: 'I32'; readonly data: Int32Array }
);

/** The reference implementation's order: widest elements first, so that each array is aligned to its elements. */
const WRITTEN = ['F64', 'F32', 'I32'];

const WRITING = 'cannot write safetensors';

/**
 * The bytes of a file that NumPy's and PyTorch's stock loaders read. Data begins at a multiple of 8 bytes.
 * @throws FluoroscopeError 'safetensors-invalid' for what no reader would accept: repeated or reserved names, sizes that
 * do not fit the data, text that is not Unicode.
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    (a, b) => WRITTEN.indexOf(a.dtype) - WRITTEN.indexOf(b.dtype) || (a.name < b.name ? -1 : 1),
  );
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  if (Object.hasOwn(metadata, '__proto__')) refuse(WRITING, 'metadata name "__proto__" is reserved');
  const names = new Set(['__metadata__', '__proto__']);
  let length = 0;
  for (const { name, dtype, shape, data } of sorted) {
    if (names.has(name)) refuse(WRITING, `tensor name ${show(name)} is used twice or reserved`);
    names.add(name);
    if (sizeOf(shape) !== data.length) {
      refuse(
        WRITING,
        `tensor ${show(name)} of shape ${show(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`,
      );
    }
    entries.push([name, { dtype, shape, data_offsets: [length, length + data.byteLength] }]);
    length += data.byteLength;
  }
  for (const text of [...names, ...Object.entries(metadata).flat()]) {
    if (/\p{Surrogate}/u.test(text))
      refuse(WRITING, `${show(text)} holds half a surrogate pair, expected Unicode text`);
  }
  // Not JSON.stringify of one object: it would put a tensor named "0" before all others.
  const json = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',');
  const text = new TextEncoder().encode(`{${json}}`);
  const header = Math.ceil(text.length / 8) * 8;
  if (header > LONGEST_HEADER) refuse(WRITING, `the header has ${header} bytes, expected at most ${LONGEST_HEADER}`);
  const bytes = new Uint8Array(LENGTH_BYTES + header + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + header);
  bytes.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + header;
  for (const { data } of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
