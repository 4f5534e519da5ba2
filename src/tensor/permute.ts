import { type Axis, type Layout, stridesOf } from './layout';

/** The same elements in another order of axes (`order` is a permutation of `data.axes`). */
export function permute<T extends Float32Array | Float64Array>(
  { axes, shape, data }: Layout & { readonly data: T },
  order: readonly Axis[],
): Layout & { readonly data: T } {
  const from = order.map((axis) => axes.indexOf(axis));
  if (from.every((axis, i) => axis === i)) return { axes, shape, data };
  const strides = from.map((axis) => stridesOf(shape)[axis]!);
  const sizes = from.map((axis) => shape[axis]!);
  const out = data.slice() as T;
  const walk = (axis: number, source: number, target: number): number => {
    if (axis === sizes.length) {
      out[target] = data[source]!;
      return target + 1;
    }
    for (let i = 0; i < sizes[axis]!; i++) target = walk(axis + 1, source + i * strides[axis]!, target);
    return target;
  };
  walk(0, 0, 0);
  return { axes: order, shape: sizes, data: out };
}
