import { statistics } from '../../src/viewer';
import { sizeAlong } from './axes';
import { type Asked, type Buffer, readValues } from './read-buffer';
import type { TensorSource } from './tensor-source';

/** Statistics of the whole tensor, or of the whole difference; rows are as on the screen. Offsets are in `order`. */
export async function readWhole(source: TensorSource, asked: Asked, { layout, view }: Buffer) {
  const order = [...layout.axes.filter((axis) => axis !== view.cols), ...(view.cols ? [view.cols] : [])];
  const { values } = await readValues(source, asked, {}, order);
  const row = sizeAlong(layout, view.cols);
  const shape = order.map((axis) => sizeAlong(layout, axis));
  return { order: { axes: order, shape }, statistics: statistics(values.values, { row, kinds: values.kinds }), values };
}
