import { holdsMasked, MASKED, readPositions, type Trace, type TraceTensor } from '../../src/viewer';
import { comesLater, isCausal } from '../heads/is-causal';
import type { Matrix } from '../shared/bitmap';
import type { Pairing } from './pair';

/** How many rows are shown of an axis that is longer than a page. */
export const TOP = 16;

/** One tensor of both sides and their difference, on the same axes. */
export interface PairedMap {
  readonly left: Matrix;
  readonly right: Matrix;
  /** right − left */
  readonly difference: Matrix;
  /** Largest finite |value| of either side, and of the difference. */
  readonly largest: number;
  readonly furthest: number;
  /** The index that each row shows, on `rowAxis`. */
  readonly rows: readonly number[];
  /** How many there are to choose from. */
  readonly of: number;
}

export interface PairedTensor {
  readonly tensor: string;
  readonly derived: boolean;
  /** What runs down the map: `query`, or the tensor's last axis. */
  readonly rowAxis: string;
  /** Number of heads; null where it has none. */
  readonly heads: number | null;
  /** Whether each value is a probability. */
  readonly probability: boolean;
  /** @param head of those that it has */
  map(head: number): PairedMap;
}

/** Reads one tensor of both sides, all heads of it. */
export async function readMap(left: Trace, right: Trace, tensor: string, pairing: Pairing): Promise<PairedTensor> {
  const { first, second, count } = pairing;
  const [one, other] = await Promise.all([
    readPositions(left, tensor, first, count),
    readPositions(right, tensor, second, count),
  ]);
  const { axes, shape } = one;
  const heads = axes.includes('head') ? shape[axes.indexOf('head')]! : null;
  const square = axes.includes('query');
  const rowAxis = square ? 'query' : axes.at(-1)!;
  const masked = holdsMasked(tensor);
  const causal = square && isCausal(left, tensor);
  const maps = new Map<number, PairedMap>();
  const build = (head: number) => {
    const [a, b] = [one, other].map((side) => valuesOf(side, head));
    const isVoid = (i: number) =>
      (causal && comesLater(i, count)) || (masked && (a![i]! <= MASKED || b![i]! <= MASKED));
    return square ? squareMap(a!, b!, count, isVoid) : rowsMap(a!, b!, count, shape.at(-1)!);
  };
  return {
    ...{ tensor, derived: one.derived, rowAxis, heads },
    probability: tensor.endsWith('hook_pattern'),
    map: (head) => {
      let map = maps.get(head);
      if (!map) maps.set(head, (map = build(head)));
      return map;
    },
  };
}

/** One head's part: [query, key], or [pos, last axis]. */
function valuesOf({ axes, shape, data }: TraceTensor, head: number): Float32Array {
  const at = axes.indexOf('head');
  if (at < 0) return data;
  const after = shape.slice(at + 1).reduce((size, n) => size * n, 1);
  return Float32Array.from({ length: data.length / shape[at]! }, (_, i) => {
    return data[(Math.floor(i / after) * shape[at]! + head) * after + (i % after)]!;
  });
}

/** @param isVoid of a pair that one of the sides never compared */
function squareMap(a: Float32Array, b: Float32Array, count: number, isVoid: Matrix['isVoid']): PairedMap {
  return mapOf(
    a,
    b,
    count,
    Array.from({ length: count }, (_, i) => i),
    count,
    isVoid,
  );
}

/** A row for each of those that differ most, a column per position. */
function rowsMap(a: Float32Array, b: Float32Array, count: number, width: number): PairedMap {
  const [peaks, sizes] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < a.length; i++) {
    const row = i % width;
    const distance = Math.abs(b[i]! - a[i]!);
    peaks[row] = Math.max(peaks[row]!, Number.isNaN(distance) ? Infinity : distance);
    sizes[row] = Math.max(sizes[row]!, Math.abs(a[i]!));
  }
  const order = Array.from(peaks, (_, row) => row).sort(
    (x, y) => peaks[y]! - peaks[x]! || sizes[y]! - sizes[x]! || x - y,
  );
  const rows = order.slice(0, TOP);
  const turned = (data: Float32Array) =>
    Float32Array.from(
      { length: rows.length * count },
      (_, i) => data[(i % count) * width + rows[Math.floor(i / count)]!]!,
    );
  return mapOf(turned(a), turned(b), count, rows, width);
}

/** @param a, b row-major over these rows and the columns */
export function mapOf(
  a: Float32Array,
  b: Float32Array,
  cols: number,
  rows: readonly number[],
  of: number,
  isVoid?: Matrix['isVoid'],
): PairedMap {
  const matrix = (values: Float32Array): Matrix => ({ rows: rows.length, cols, values, isVoid });
  const [left, right] = [matrix(a), matrix(b)];
  const difference = matrix(b.map((value, i) => value - a[i]!));
  return {
    ...{ left, right, difference },
    largest: Math.max(largest(left), largest(right)),
    furthest: largest(difference),
    rows,
    of,
  };
}

/** The largest |value| that is finite. */
function largest({ values, isVoid }: Matrix): number {
  const size = (value: number, i: number) => (Number.isFinite(value) && !isVoid?.(i) ? Math.abs(value) : 0);
  return Array.from(values, size).reduce((most, one) => Math.max(most, one), 0);
}
