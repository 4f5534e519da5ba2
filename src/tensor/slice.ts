import { FluoroscopeError } from '../errors';
import { type Axis, describeLayout, type Layout, sizeOf, stridesOf } from './layout';

/**
 * What to read along each named axis: one index (the axis goes away; −1 is the last), or `[from, to)` (the axis stays).
 * Axes that are not named are read whole.
 */
export type Slice = Readonly<Partial<Record<Axis, number | readonly [from: number, to: number]>>>;

export interface Selection extends Layout {
  /** Runs of consecutive elements, in row-major order of the selection. */
  readonly runs: readonly { readonly from: number; readonly length: number }[];
}

/**
 * @param name of the tensor, for errors
 * @throws `slice-invalid` naming the axis, the index and the size
 */
export function select(name: string, layout: Layout, slice: Slice): Selection {
  for (const axis of Object.keys(slice) as Axis[]) {
    if (!layout.axes.includes(axis)) {
      throw new FluoroscopeError('slice-invalid', `${name} has no axis ${axis}: it is ${describeLayout(layout)}.`);
    }
  }
  const ranges = layout.axes.map((axis, i) => range(name, axis, layout.shape[i]!, slice[axis]));
  const kept = [...layout.axes.keys()].filter((i) => typeof slice[layout.axes[i]!] !== 'number');
  return {
    axes: kept.map((i) => layout.axes[i]!),
    shape: kept.map((i) => ranges[i]![1] - ranges[i]![0]),
    runs: runsOf(layout, ranges),
  };
}

/** The elements of a selection, row-major, in f32. */
export function gather(
  all: Float32Array | Float64Array | Uint32Array,
  { shape, runs }: Pick<Selection, 'shape' | 'runs'>,
): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const { from, length } of runs) {
    data.set(all.subarray(from, from + length), at);
    at += length;
  }
  return data;
}

function range(name: string, axis: Axis, size: number, wanted: Slice[Axis]): readonly [number, number] {
  if (wanted === undefined) return [0, size];
  const valid = (i: number, last: number) => Number.isInteger(i) && i >= -size && i <= last;
  const positive = (i: number) => (i < 0 ? i + size : i);
  if (typeof wanted === 'number') {
    if (valid(wanted, size - 1)) return [positive(wanted), positive(wanted) + 1];
    throw new FluoroscopeError('slice-invalid', `${name}: ${axis} ${wanted} is outside its size of ${size}.`);
  }
  if (!Array.isArray(wanted)) {
    throw new FluoroscopeError('slice-invalid', `${name}: ${axis} is ${wanted}, expected an index or [from, to).`);
  }
  const [from, to] = wanted as readonly [number, number];
  if (valid(from, size) && valid(to, size) && positive(from) <= positive(to)) return [positive(from), positive(to)];
  throw new FluoroscopeError(
    'slice-invalid',
    `${name}: ${axis} [${from}, ${to}) is no range within its size of ${size}.`,
  );
}

/** Everything inside the innermost axis that is not read whole is consecutive. */
function runsOf({ shape }: Layout, ranges: readonly (readonly [number, number])[]): Selection['runs'] {
  const strides = stridesOf(shape);
  let inner = shape.length;
  while (inner > 0 && ranges[inner - 1]![0] === 0 && ranges[inner - 1]![1] === shape[inner - 1]) inner--;
  if (sizeOf(ranges.map(([from, to]) => to - from)) === 0) return [];
  if (inner === 0) return [{ from: 0, length: sizeOf(shape) }];
  const [from, to] = ranges[inner - 1]!;
  const length = (to - from) * strides[inner - 1]!;
  let starts = [from * strides[inner - 1]!];
  for (let axis = inner - 2; axis >= 0; axis--) {
    const [first, end] = ranges[axis]!;
    starts = Array.from({ length: end - first }, (_, i) => (first + i) * strides[axis]!).flatMap((base) =>
      starts.map((start) => base + start),
    );
  }
  return starts.map((start) => ({ from: start, length }));
}
