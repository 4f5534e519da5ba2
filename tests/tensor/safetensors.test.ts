import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FluoroscopeError } from '../../src/errors';
import { headerEnd, parseHeader, parseSafetensors, readF32, readF64, readI32 } from '../../src/tensor/safetensors';
import { type TensorToWrite, writeSafetensors } from '../../src/tensor/safetensors-write';

/** A file with this header, taken literally, and this data. */
function file(header: string | Uint8Array, data: number | ArrayLike<number> = 0): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function withLength(length: bigint, rest: string): Uint8Array {
  const bytes = file(rest);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });
const x = (dtype: string, shape: unknown, offsets: unknown) => `{"x":${entry(dtype, shape, offsets)}}`;
const F32 = (begin: number, end: number) => entry('F32', [(end - begin) / 4], [begin, end]);
const ascii = (text: string) => new TextEncoder().encode(text);

function refusal(bytes: Uint8Array): string {
  try {
    parseSafetensors(bytes, 'm');
  } catch (error) {
    expect(error).toBeInstanceOf(FluoroscopeError);
    expect((error as FluoroscopeError).code).toBe('safetensors-invalid');
    return (error as Error).message;
  }
  return 'accepted';
}

const DTYPES =
  'BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, F16, BF16, ' +
  'I32, U32, F32, C64, F64, I64, U64';
const SHAPE = 'expected a list of whole numbers from 0 to 2^53 - 1';

describe('a broken file is refused in one sentence', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', ascii(''), "m: the file has 0 bytes, expected at least 8, its header's length; fetch it again"],
    ['7 bytes', new Uint8Array(7), "m: the file has 7 bytes, expected at least 8, its header's length; fetch it again"],
    ['no header', file(''), "m: the header's length is 0 bytes, expected at least 2, for {}"],
    [
      'a header over 100 MB',
      withLength(100_000_001n, '{}'),
      "m: the header's length is 100000001 bytes, expected at most 100000000: not a safetensors file",
    ],
    [
      'a length past 2^63',
      withLength(0xffff_ffff_ffff_ffffn, '{}'),
      "m: the header's length is 18446744073709551615 bytes, expected at most 100000000: not a safetensors file",
    ],
    [
      'a header that is cut off',
      withLength(50n, '{}'),
      "m: the header's length is 50 bytes, but the file ends after 2 of them; fetch it again",
    ],
    ['an array', file('[]'), 'm: the header begins with byte 0x5b ([), expected {'],
    ['a space first', file(' {}'), 'm: the header begins with byte 0x20, expected {'],
    ['a byte order mark', file('\ufeff{}'), 'm: the header begins with byte 0xef, expected {'],
    ['bad UTF-8', file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 'm: the header is not valid UTF-8'],
    [
      'a name twice',
      file(`{"a":${F32(0, 4)},"a":${F32(0, 4)}}`, 4),
      'm: the header cannot be parsed: the key "a" is given twice',
    ],
    [
      'a name twice, once escaped',
      file(`{"a":${F32(0, 4)},"\\u0061":${F32(0, 4)}}`, 4),
      'm: the header cannot be parsed: the key "a" is given twice',
    ],
    [
      'a field twice',
      file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"I32"}}', 4),
      'm: the header cannot be parsed: the key "dtype" is given twice in "x"',
    ],
    [
      'metadata twice',
      file('{"__metadata__":{"b":"{\\"","a":"","\\u0062":""}}'),
      'm: the header cannot be parsed: the key "b" is given twice in "__metadata__"',
    ],
    [
      '__proto__ as a tensor',
      file(`{"__proto__":${F32(0, 4)}}`, 4),
      'm: a tensor or metadata entry is named "__proto__", which is not allowed',
    ],
    [
      '__proto__ in the metadata',
      file('{"__metadata__":{"__proto__":"a"}}'),
      'm: a tensor or metadata entry is named "__proto__", which is not allowed',
    ],
    ['metadata in a list', file('{"__metadata__":["a"]}'), 'm: __metadata__ is ["a"], expected an object of strings'],
    ['a number in the metadata', file('{"__metadata__":{"n":1}}'), 'm: __metadata__ entry "n" is 1, expected a string'],
    [
      'a tensor that is none',
      file('{"x":3}'),
      'm: tensor "x" is 3, expected an object with dtype, shape, data_offsets',
    ],
    [
      'no dtype',
      file('{"x":{"shape":[],"data_offsets":[0,4]}}', 4),
      'm: tensor "x" has no dtype, expected dtype, shape, data_offsets',
    ],
    [
      'no shape',
      file('{"x":{"dtype":"F32","data_offsets":[0,4]}}', 4),
      'm: tensor "x" has no shape, expected dtype, shape, data_offsets',
    ],
    [
      'no offsets',
      file('{"x":{"dtype":"F32","shape":[1]}}', 4),
      'm: tensor "x" has no data_offsets, expected dtype, shape, data_offsets',
    ],
    [
      'an unknown dtype',
      file(x('F128', [1], [0, 16]), 16),
      `m: tensor "x" has dtype "F128", expected one of ${DTYPES}`,
    ],
    [
      'a prototype as dtype',
      file(x('toString', [1], [0, 4]), 4),
      `m: tensor "x" has dtype "toString", expected one of ${DTYPES}`,
    ],
    ['a number as shape', file(x('F32', 1, [0, 4]), 4), `m: tensor "x" has shape 1, ${SHAPE}`],
    ['a negative size', file(x('F32', [-1], [0, 4]), 4), `m: tensor "x" has shape [-1], ${SHAPE}`],
    ['half a size', file(x('F32', [0.5], [0, 2]), 2), `m: tensor "x" has shape [0.5], ${SHAPE}`],
    ['a size that is no number', file(x('F32', ['1'], [0, 4]), 4), `m: tensor "x" has shape ["1"], ${SHAPE}`],
    ['a size over 2^53', file(x('F32', [2 ** 53], [0, 4]), 4), `m: tensor "x" has shape [9007199254740992], ${SHAPE}`],
    [
      'a product over 2^53',
      file(x('F32', [2 ** 30, 2 ** 30], [0, 4]), 4),
      'm: tensor "x" has shape [1073741824,1073741824]: more bits than 2^53 - 1',
    ],
    ['half a byte', file(x('F4', [3], [0, 1]), 1), 'm: tensor "x" (F4 [3]) has 12 bits, expected whole bytes'],
    ['one offset', file(x('F32', [1], [4]), 4), 'm: tensor "x" has data_offsets [4], expected [begin, end] in bytes'],
    [
      'a negative offset',
      file(x('F32', [1], [-4, 0]), 4),
      'm: tensor "x" has data_offsets [-4,0], expected [begin, end] in bytes',
    ],
    [
      'reversed offsets',
      file(x('F32', [1], [4, 0]), 4),
      'm: tensor "x" has data_offsets [4,0], which end before they begin',
    ],
    [
      'offsets past the file',
      file(x('F32', [2], [0, 8]), 7),
      'm: tensor "x" has data_offsets [0,8], but the file\'s data has 7 bytes; fetch it again',
    ],
    [
      'offsets that do not fit the shape',
      file(x('F32', [2, 2], [0, 12]), 12),
      'm: tensor "x" (F32 [2,2]) has 16 bytes, but its data_offsets [0,12] give it 12',
    ],
    [
      'an overlap',
      file(`{"a":${F32(0, 8)},"b":${F32(4, 12)}}`, 12),
      'm: tensor "b" begins at byte 4 of the data, expected 8, where tensor "a" ends: the two overlap',
    ],
    [
      'a hole',
      file(`{"b":${F32(8, 12)},"a":${F32(0, 4)}}`, 12),
      'm: tensor "b" begins at byte 8 of the data, expected 4, where tensor "a" ends: the bytes between belong to no tensor',
    ],
    [
      'a hole at the beginning',
      file(`{"a":${F32(4, 8)}}`, 8),
      'm: tensor "a" begins at byte 4 of the data, expected 0: the bytes between belong to no tensor',
    ],
    ['bytes at the end', file(`{"a":${F32(0, 4)}}`, 5), "m: the file's last 1 bytes belong to no tensor"],
    ['bytes and no tensor', file('{}', 3), "m: the file's last 3 bytes belong to no tensor"],
    [
      'a web page',
      ascii('\n<!doctype html>\n<html><title>Sign in</title>'),
      'm is a web page, not the file itself; check the address (on huggingface.co it has /resolve/ where pages have ' +
        '/blob/) and whether the file exists and needs no login',
    ],
    [
      'a Git LFS pointer',
      ascii('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n'),
      'm is a Git LFS pointer to a file of 548105171 bytes, not the file itself; run "git lfs pull" ' +
        'where it was cloned',
    ],
  ])('%s', (_, bytes, sentence) => {
    expect(refusal(bytes)).toBe(sentence);
  });

  test.each(['{', '{"a":1,}', "{'a':1}", '{"a":NaN}', '{}{}'])('what is not JSON: %s', (header) => {
    expect(refusal(file(header))).toMatch(/^m: the header cannot be parsed: /);
  });

  test.each([
    '<title>Sign in</title>',
    '<head><meta charset="utf-8">',
    '<body>',
    '<!-- served -->\n<html>',
    '  <HTML lang="en">',
    '<meta charset="utf-8">',
    '<script>location = "/login"</script>',
  ])('a web page that begins with %s', (page) => {
    expect(refusal(ascii(page))).toMatch(/^m is a web page, not the file itself; /);
  });

  test('a huge name that is given twice, or holds one that is, is not printed whole', () => {
    const long = 'a'.repeat(5e6);
    const cut = `"${'a'.repeat(98)}…`;
    const begin = 'm: the header cannot be parsed: the key';
    expect(refusal(file(`{"${long}":1,"${long}":1}`))).toBe(`${begin} ${cut} is given twice`);
    expect(refusal(file(`{"${long}":{"b":1,"b":1}}`))).toBe(`${begin} "b" is given twice in ${cut}`);
    const deep = `${'{"a":'.repeat(900)}{"b":1,"b":1}${'}'.repeat(900)}`;
    expect(refusal(file(deep))).toBe(`${begin} "b" is given twice in …."a"."a"."a"."a"."a"`);
  });

  test('a huge value is not printed whole', () => {
    expect(refusal(file(`{"x":"${'a'.repeat(1e6)}"}`)).length).toBeLessThan(300);
  });

  test('no prefix and no single changed byte of a file does anything but be read or refused', () => {
    const whole = writeSafetensors([{ name: 'a', dtype: 'F32', shape: [2], data: new Float32Array(2) }], { k: 'v' });
    for (let end = 0; end < whole.length; end++) expect(refusal(whole.slice(0, end))).not.toBe('accepted');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const changed = whole.slice();
        changed[at] = byte;
        refusal(changed);
      }),
    );
  });
});

describe('a valid file', () => {
  test('needs neither order, alignment nor elements', () => {
    const header = `{"b":${entry('F32', [0, 3], [5, 5])},"a":${entry('F32', [], [1, 5])},"u":${entry('U8', [1], [0, 1])}} `;
    const bytes = file(header, [7, 0, 0, 0x80, 0x3f]);
    const parsed = parseSafetensors(bytes, 'm');
    const begin = 8 + header.length;
    expect([...parsed.tensors]).toEqual([
      ['u', { dtype: 'U8', shape: [1], begin, end: begin + 1 }],
      ['a', { dtype: 'F32', shape: [], begin: begin + 1, end: begin + 5 }],
      ['b', { dtype: 'F32', shape: [0, 3], begin: begin + 5, end: begin + 5 }],
    ]);
    expect(parsed.metadata).toEqual({});
    expect(readF32(parsed, 'a')).toEqual(new Float32Array([1]));
    expect(readF32(parsed, 'b')).toEqual(new Float32Array(0));
    expect(readI32(parsed, 'u')).toEqual(new Int32Array([7]));
    for (let shift = 0; shift < 8; shift++) {
      const buffer = new Uint8Array(bytes.length + shift);
      buffer.set(bytes, shift);
      expect(readF32(parseSafetensors(buffer.subarray(shift), 'm'), 'a')).toEqual(new Float32Array([1]));
    }
  });

  test('may be read by its header alone', () => {
    const bytes = writeSafetensors([{ name: 'a', dtype: 'F32', shape: [2], data: new Float32Array(2) }], { k: 'v' });
    const end = headerEnd(bytes.subarray(0, 8), bytes.length, 'm');
    const header = parseHeader(bytes.subarray(0, end), bytes.length, 'm');
    expect(header).toEqual({ name: 'm', metadata: { k: 'v' }, tensors: parseSafetensors(bytes, 'm').tensors });
  });

  test('names tensors as it likes', () => {
    const names = ['constructor', 'toString', '0', '', 'ü"\\\n'];
    const bytes = writeSafetensors(
      names.map((name, i) => ({ name, dtype: 'I32', shape: [1], data: Int32Array.of(i) })),
    );
    const parsed = parseSafetensors(bytes, 'm');
    for (const [i, name] of names.entries()) expect(readI32(parsed, name)).toEqual(Int32Array.of(i));
    expect(() => readF32(parsed, 'hasOwnProperty')).toThrow('m: no tensor "hasOwnProperty"; it holds ');
  });
});

describe('numbers', () => {
  const stored = (dtype: string, data: ArrayBufferView, shape?: number[]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const size = { BOOL: 1, I8: 1, U8: 1, I16: 2, U16: 2, F16: 2, BF16: 2, F64: 8, I64: 8, U64: 8 }[dtype] ?? 4;
    const header = x(dtype, shape ?? [bytes.length / size], [0, bytes.length]);
    return parseSafetensors(file(header, bytes), 'm');
  };

  test('every F16 value', () => {
    const file = stored(
      'F16',
      Uint16Array.from({ length: 65536 }, (_, i) => i),
    );
    const [f32, f64] = [readF32(file, 'x'), readF64(file, 'x')];
    for (let bits = 0; bits < 65536; bits++) {
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      const magnitude =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15);
      const value = bits & 0x8000 ? -magnitude : magnitude;
      if (!Object.is(f32[bits], value) || !Object.is(f64[bits], value)) expect(f32[bits], `bits ${bits}`).toBe(value);
    }
  });

  test('BF16 is the upper half of F32', () => {
    const values = [0, -0, 1, -1.5, 2 ** -133, 3.3895313892515355e38, Infinity, -Infinity, NaN];
    const halves = Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (word) => word >>> 16);
    expect(readF32(stored('BF16', halves), 'x')).toEqual(Float32Array.from(values));
    expect(readF64(stored('BF16', halves), 'x')).toEqual(Float64Array.from(values));
  });

  test('a NaN keeps its payload', () => {
    const bits = (data: Float32Array) => new Uint32Array(data.buffer, data.byteOffset, data.length);
    expect([...bits(readF32(stored('F32', Uint32Array.of(0x7fa0_0001, 0xffc0_1234)), 'x'))]).toEqual([
      0x7fa0_0001, 0xffc0_1234,
    ]);
    expect([...bits(readF32(stored('BF16', Uint16Array.of(0x7fa1)), 'x'))]).toEqual([0x7fa1_0000]);
    expect([...bits(readF32(stored('F16', Uint16Array.of(0xfe01)), 'x'))]).toEqual([0xffc0_2000]);
  });

  test('F64 is exact as f64 and rounded as f32', () => {
    const file = stored('F64', Float64Array.of(0.1, 1e300, -0));
    expect(readF64(file, 'x')).toEqual(Float64Array.of(0.1, 1e300, -0));
    expect(readF32(file, 'x')).toEqual(Float32Array.of(0.1, Infinity, -0));
  });

  test.each<[string, ArrayBufferView, number[]]>([
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
    ['U8', Uint8Array.of(0, 255), [0, 255]],
    ['I8', Int8Array.of(-128, 127), [-128, 127]],
    ['I16', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['U16', Uint16Array.of(65535), [65535]],
    ['I32', Int32Array.of(-(2 ** 31), 2 ** 24), [-(2 ** 31), 2 ** 24]],
    ['U32', Uint32Array.of(2 ** 30), [2 ** 30]],
    ['I64', BigInt64Array.of(-50257n), [-50257]],
    ['U64', BigUint64Array.of(50257n), [50257]],
  ])('%s is exact in each reading', (dtype, data, values) => {
    const file = stored(dtype, data);
    expect(readF32(file, 'x')).toEqual(Float32Array.from(values));
    expect(readF64(file, 'x')).toEqual(Float64Array.from(values));
    expect(readI32(file, 'x')).toEqual(Int32Array.from(values));
  });

  test.each([
    [
      readF32,
      stored('I32', Int32Array.of(0, 2 ** 24 + 1)),
      'm: tensor "x" (I32 [2]) holds 16777217 at element 1, which f32 cannot hold',
    ],
    [
      readF64,
      stored('U64', BigUint64Array.of(2n ** 53n + 1n)),
      'm: tensor "x" (U64 [1]) holds 9007199254740993 at element 0, which f64 cannot hold',
    ],
    [
      readI32,
      stored('U32', Uint32Array.of(2 ** 31)),
      'm: tensor "x" (U32 [1]) holds 2147483648 at element 0, which i32 cannot hold',
    ],
    [
      readI32,
      stored('I64', BigInt64Array.of(2n ** 32n)),
      'm: tensor "x" (I64 [1]) holds 4294967296 at element 0, which i32 cannot hold',
    ],
    [
      readI32,
      stored('F32', Float32Array.of(1)),
      'm: tensor "x" (F32 [1]) is read as whole numbers, expected one of BOOL, I8 … I64, U8 … U64',
    ],
    [
      readF32,
      stored('F8_E4M3', Uint8Array.of(1, 2, 3, 4), [4]),
      'm: tensor "x" (F8_E4M3 [4]) cannot be read as numbers; convert it to F16, BF16 or F32',
    ],
    [
      readF64,
      stored('C64', new Uint8Array(8), [1]),
      'm: tensor "x" (C64 [1]) cannot be read as numbers; convert it to F16, BF16 or F32',
    ],
    [
      readF32,
      stored('F4', new Uint8Array(2), [4]),
      'm: tensor "x" (F4 [4]) cannot be read as numbers; convert it to F16, BF16 or F32',
    ],
  ])('%o refuses what it cannot give', (read, file, sentence) => {
    expect(() => read(file, 'x')).toThrow(new FluoroscopeError('safetensors-invalid', sentence));
  });
});

describe('writing', () => {
  test("the bytes of the reference implementation's own test", () => {
    const data = Float32Array.of(0, 1, 2, 3, 4, 5);
    const written = writeSafetensors([{ name: 'attn0', dtype: 'F32', shape: [1, 1, 2, 3], data }]);
    const header = '{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}'.padEnd(72);
    expect(written).toEqual(file(header, new Uint8Array(data.buffer)));
    expect(writeSafetensors([])).toEqual(file('{}      '));
    expect(writeSafetensors([], { framework: 'pt' })).toEqual(file('{"__metadata__":{"framework":"pt"}}     '));
  });

  const tensor: fc.Arbitrary<TensorToWrite> = fc
    .tuple(fc.constantFrom('F32', 'F64', 'I32'), fc.array(fc.nat(4), { maxLength: 3 }), fc.string({ unit: 'grapheme' }))
    .chain(([dtype, shape, name]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const exactly = { minLength: length, maxLength: length };
      const data = { F32: fc.float32Array, F64: fc.float64Array, I32: fc.int32Array }[dtype](exactly);
      return data.map((values) => ({ name, dtype, shape, data: values }) as TensorToWrite);
    });
  const allowed = (name: string) => name !== '__proto__' && name !== '__metadata__';
  const tensors = fc.uniqueArray(
    tensor.filter(({ name }) => allowed(name)),
    { selector: ({ name }) => name },
  );
  const metadata = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), {
    noNullPrototype: true,
  });

  test('what is written is read back, each array aligned to its elements', () => {
    fc.assert(
      fc.property(tensors, metadata, (written, notes) => {
        fc.pre(Object.keys(notes).every(allowed));
        const parsed = parseSafetensors(writeSafetensors(written, notes), 'm');
        expect(parsed.metadata).toEqual(notes);
        expect(parsed.tensors.size).toBe(written.length);
        for (const { name, dtype, shape, data } of written) {
          const stored = parsed.tensors.get(name)!;
          expect([stored.dtype, stored.shape, stored.begin % data.BYTES_PER_ELEMENT]).toEqual([dtype, shape, 0]);
          expect({ F32: readF32, F64: readF64, I32: readI32 }[dtype](parsed, name)).toEqual(data);
        }
      }),
    );
  });

  const one = (name: string, shape = [1]): TensorToWrite => ({ name, dtype: 'F32', shape, data: new Float32Array(1) });
  test.each<[TensorToWrite[], Record<string, string>, string]>([
    [[one('a'), one('a')], {}, 'cannot write safetensors: tensor name "a" is used twice or reserved'],
    [[one('__metadata__')], {}, 'cannot write safetensors: tensor name "__metadata__" is used twice or reserved'],
    [[one('__proto__')], {}, 'cannot write safetensors: tensor name "__proto__" is used twice or reserved'],
    [[], JSON.parse('{"__proto__": ""}'), 'cannot write safetensors: metadata name "__proto__" is reserved'],
    [[one('a', [2, 3])], {}, 'cannot write safetensors: tensor "a" of shape [2,3] needs 6 elements, got 1'],
    [[], { k: 'a\ud800' }, 'cannot write safetensors: "a\\ud800" holds half a surrogate pair, expected Unicode text'],
  ])('refuses what no reader would take: %#', (tensors, notes, sentence) => {
    expect(() => writeSafetensors(tensors, notes)).toThrow(new FluoroscopeError('safetensors-invalid', sentence));
  });
});
