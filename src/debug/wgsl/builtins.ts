import { unpackHalves } from '../../tensor/f16';
import { cast, common, each, type Kind, operate, Refusal, scalar, stored, type Value } from './numbers';

/** WGSL's built-in functions on values. What is not in the table is refused, so that nothing is evaluated by chance. */

const { fround, trunc, floor, min, max, sqrt } = Math;

/** To the nearest integer, halves to the even one. */
function roundEven(x: number): number {
  const low = floor(x);
  const rest = x - low;
  const rounded = rest < 0.5 ? low : rest > 0.5 ? low + 1 : low % 2 === 0 ? low : low + 1;
  return rounded === 0 ? 0 * Math.sign(1 / x) : rounded;
}

const clamp = (x: number, low: number, high: number) => min(max(x, low), high);

type Float = (...x: number[]) => number;

/** Of f32 and its vectors, component by component. The inner operations that WGSL defines are rounded to f32 as well. */
const FLOATS: Readonly<Record<string, Float>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  atan2: Math.atan2,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  degrees: (x) => (x * 180) / Math.PI,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  floor,
  fma: (a, b, c) => a * b + c,
  fract: (x) => x - floor(x),
  inverseSqrt: (x) => 1 / sqrt(x),
  log: Math.log,
  log2: Math.log2,
  mix: (a, b, t) => fround(a * fround(1 - t)) + fround(b * t),
  pow: (x, y) => x ** y,
  radians: (x) => (x * Math.PI) / 180,
  round: roundEven,
  saturate: (x) => clamp(x, 0, 1),
  sin: Math.sin,
  sinh: Math.sinh,
  smoothstep: (low, high, x) => {
    const t = clamp((x - low) / (high - low), 0, 1);
    return t * t * (3 - 2 * t);
  },
  sqrt,
  step: (edge, x) => Number(edge <= x),
  tan: Math.tan,
  tanh: Math.tanh,
  trunc,
};

/** Of every number, component by component. */
const NUMBERS: Readonly<Record<string, Float>> = {
  abs: Math.abs,
  clamp,
  max: (a, b) => max(a, b),
  min: (a, b) => min(a, b),
  sign: Math.sign,
};

const trailing = (x: number) => (x === 0 ? 32 : 31 - Math.clz32(x & -x));

function ones(x: number): number {
  let count = 0;
  for (let rest = x >>> 0; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}

function reversed(x: number): number {
  let result = 0;
  for (let i = 0; i < 32; i++) result = (result << 1) | ((x >>> i) & 1);
  return result;
}

/** Of i32, u32 and their vectors, component by component. */
const INTEGERS: Readonly<Record<string, (kind: Kind, ...x: number[]) => number>> = {
  countLeadingZeros: (_, x) => Math.clz32(x!),
  countOneBits: (_, x) => ones(x!),
  countTrailingZeros: (_, x) => trailing(x!),
  firstLeadingBit: (kind, x) => 31 - Math.clz32(kind === 'i32' && x! < 0 ? ~x! : x!),
  firstTrailingBit: (_, x) => (x === 0 ? -1 : trailing(x!)),
  reverseBits: (_, x) => reversed(x!),
};

/** Offset and count, held within 32 bits. */
function bits(kind: Kind, x: number, offset: number, count: number): number {
  const from = min(offset, 32);
  const many = min(count, 32 - from);
  if (many === 0) return 0;
  const top = x << (32 - from - many);
  return kind === 'i32' ? top >> (32 - many) : top >>> (32 - many);
}

function inserted(x: number, fresh: number, offset: number, count: number): number {
  const from = min(offset, 32);
  const many = min(count, 32 - from);
  if (many === 0) return x;
  const mask = (many === 32 ? -1 : (1 << many) - 1) << from;
  return (x & ~mask) | ((fresh << from) & mask);
}

type Builtin = (...args: Value[]) => Value;

const floats = (name: string, args: readonly Value[]): Value[] => {
  if (args.some(({ kind }) => kind !== 'f32' && kind !== 'x32')) throw new Refusal(`${name} of ${args[0]!.kind}`);
  return args.map((arg) => cast(arg, 'f32'));
};

function dot(a: Value, b: Value): Value {
  const products = operate('*', a, b);
  const v = products.v.reduce((sum, x) => stored(products.kind, sum + x));
  return scalar(products.kind, v);
}

const length = (a: Value): Value => scalar('f32', fround(a.rows === 0 ? Math.abs(a.v[0]!) : Math.hypot(...a.v)));
const minus = (a: Value, b: Value) => operate('-', a, b);
const times = (a: Value, b: Value) => operate('*', a, b);

/** Of f32 vectors and matrices as a whole. */
const WHOLE: Readonly<Record<string, Builtin>> = {
  length,
  distance: (a, b) => length(minus(a, b)),
  normalize: (a) => operate('/', a, length(a)),
  cross: (a, b) => {
    const [x, y, z] = a.v as [number, number, number];
    const [u, v, w] = b.v as [number, number, number];
    const term = (p: number, q: number, r: number, s: number) => fround(fround(p * q) - fround(r * s));
    return { ...a, v: [term(y, w, z, v), term(z, u, x, w), term(x, v, y, u)] };
  },
  faceForward: (n, i, g) => (dot(i, g).v[0]! < 0 ? n : each([n], 'f32', (x) => -x, 'faceForward')),
  reflect: (i, n) => minus(i, times(times(scalar('f32', 2), dot(n, i)), n)),
  transpose: ({ kind, rows, columns, v }) => {
    return {
      kind,
      rows: columns,
      columns: rows,
      v: v.map((_, i) => v[(i % columns) * rows + Math.floor(i / columns)]!),
    };
  },
};

const byte = (word: number, i: number) => (word >>> (8 * i)) & 0xff;
const packed = (values: readonly number[], width: number): Value =>
  scalar('u32', values.reduce((word, x, i) => word | ((x & (2 ** width - 1)) << (width * i)), 0) >>> 0);
const vector = (kind: Kind, v: number[]): Value => ({
  kind,
  rows: v.length,
  columns: 1,
  v: v.map((x) => stored(kind, x)),
});
const fields = (word: number, width: number, signed: boolean) =>
  Array.from({ length: 32 / width }, (_, i) => bits(signed ? 'i32' : 'u32', word, i * width, width));
const scaled = (value: Value, low: number, by: number) => value.v.map((x) => floor(0.5 + by * clamp(x, low, 1)));
const products = (a: Value, b: Value, signed: boolean) =>
  fields(a.v[0]!, 8, signed).reduce((sum, x, i) => sum + x * fields(b.v[0]!, 8, signed)[i]!, 0);

const PACKING: Readonly<Record<string, Builtin>> = {
  dot4U8Packed: (a, b) => scalar('u32', products(a, b, false)),
  dot4I8Packed: (a, b) => scalar('i32', products(a, b, true)),
  pack4x8snorm: (a) => packed(scaled(a, -1, 127), 8),
  pack4x8unorm: (a) => packed(scaled(a, 0, 255), 8),
  pack2x16snorm: (a) => packed(scaled(a, -1, 32767), 16),
  pack2x16unorm: (a) => packed(scaled(a, 0, 65535), 16),
  pack4xI8: (a) => packed(a.v, 8),
  pack4xU8: (a) => packed(a.v, 8),
  pack4xI8Clamp: (a) =>
    packed(
      a.v.map((x) => clamp(x, -128, 127)),
      8,
    ),
  pack4xU8Clamp: (a) =>
    packed(
      a.v.map((x) => clamp(x, 0, 255)),
      8,
    ),
  unpack4x8snorm: (a) =>
    vector(
      'f32',
      fields(a.v[0]!, 8, true).map((x) => max(x / 127, -1)),
    ),
  unpack4x8unorm: (a) =>
    vector(
      'f32',
      fields(a.v[0]!, 8, false).map((x) => x / 255),
    ),
  unpack2x16snorm: (a) =>
    vector(
      'f32',
      fields(a.v[0]!, 16, true).map((x) => max(x / 32767, -1)),
    ),
  unpack2x16unorm: (a) =>
    vector(
      'f32',
      fields(a.v[0]!, 16, false).map((x) => x / 65535),
    ),
  unpack2x16float: (a) => vector('f32', [...unpackHalves(Uint32Array.of(a.v[0]! + 0x800000), 2)]),
  unpack4xI8: (a) => vector('i32', fields(a.v[0]!, 8, true)),
  unpack4xU8: (a) =>
    vector(
      'u32',
      [0, 1, 2, 3].map((i) => byte(a.v[0]!, i)),
    ),
};

function select(no: Value, yes: Value, condition: Value): Value {
  const kind = common([no, yes], 'select');
  return each([cast(no, kind), cast(yes, kind), condition], kind, (a, b, c) => (c ? b! : a!), 'select');
}

/** @throws Refusal for a function that is not among those above, or operands that it is not defined on here */
export function builtin(name: string, args: readonly Value[]): Value {
  if (name === 'select') return select(args[0]!, args[1]!, args[2]!);
  if (name === 'all') return scalar('bool', Number(args[0]!.v.every((x) => x !== 0)));
  if (name === 'any') return scalar('bool', Number(args[0]!.v.some((x) => x !== 0)));
  if (name === 'dot') return dot(args[0]!, args[1]!);
  const float = Object.hasOwn(FLOATS, name) && FLOATS[name];
  if (float) return each(floats(name, args), 'f32', float, name);
  const whole = Object.hasOwn(WHOLE, name) && WHOLE[name];
  if (whole) return whole(...floats(name, args));
  const packing = Object.hasOwn(PACKING, name) && PACKING[name];
  if (packing) return packing(...args);
  const kind = common(args.slice(0, name === 'extractBits' ? 1 : name === 'insertBits' ? 2 : 3), name);
  const number = Object.hasOwn(NUMBERS, name) && NUMBERS[name];
  if (number && kind !== 'bool')
    return each(
      args.map((arg) => cast(arg, kind)),
      kind,
      number,
      name,
    );
  const fixed = kind === 'x32' ? 'i32' : kind;
  if (fixed !== 'i32' && fixed !== 'u32') throw new Refusal(`the function ${name} on ${kind}`);
  const integer = Object.hasOwn(INTEGERS, name) && INTEGERS[name];
  if (integer) return each(args, fixed, (...x) => integer(fixed, ...x), name);
  if (name === 'extractBits') return each(args, fixed, (x, offset, count) => bits(fixed, x!, offset!, count!), name);
  if (name === 'insertBits') return each(args, fixed, (x, y, offset, count) => inserted(x!, y!, offset!, count!), name);
  throw new Refusal(`the function ${name}`);
}
