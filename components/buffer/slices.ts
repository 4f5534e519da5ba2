/** Elements of a tensor by other axes, and indices of cells. They come after the first picture. */
import type { Axis, Index, Layout } from '../../src/index';
import type { View } from './axes';

/** The whole index of a cell, in the order of the tensor's axes. */
export function cellIndex({ axes }: Layout, view: View, { row, col }: { row: number; col: number }): Index {
  return Object.fromEntries(
    axes.map((axis) => [axis, axis === view.rows ? row : axis === view.cols ? col : view.fixed[axis]!]),
  );
}

/**
 * A tensor's elements in another order of its axes, at fixed indices of those that the order lacks. Single precision is
 * copied as bits, so that a NaN keeps its payload.
 */
export function gather<T extends Float32Array | Float64Array>(
  tensor: Layout & { readonly data: T },
  order: readonly Axis[],
  fixed: Index = {},
): T {
  const { axes, shape, data } = tensor;
  const strides = axes.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
  const at = (axis: Axis) => axes.indexOf(axis);
  const start = axes.reduce((sum, axis, i) => (order.includes(axis) ? sum : sum + (fixed[axis] ?? 0) * strides[i]!), 0);
  const sizes = order.map((axis) => shape[at(axis)]!);
  const steps = order.map((axis) => strides[at(axis)]!);
  const size = sizes.reduce((product, one) => product * one, 1);
  if (start === 0 && size === data.length && order.every((axis, i) => at(axis) === i)) return data;
  const out = new (data.constructor as new (length: number) => T)(size);
  const [to, from] = [bits(out), bits(data)];
  const inner = sizes.at(-1) ?? 1;
  const step = steps.at(-1) ?? 0;
  const indices = sizes.slice(0, -1).map(() => 0);
  for (let i = 0, offset = start; i < size; ) {
    for (let n = 0; n < inner; n++, i++) to[i] = from[offset + n * step]!;
    for (let axis = indices.length - 1; axis >= 0; axis--) {
      offset += steps[axis]!;
      if (++indices[axis]! < sizes[axis]!) break;
      offset -= sizes[axis]! * steps[axis]!;
      indices[axis] = 0;
    }
  }
  return out;
}

/** Single precision as words, double precision as it is. */
function bits(data: Float32Array | Float64Array): Uint32Array | Float64Array {
  return data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
}
