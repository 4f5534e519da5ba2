import { statistics } from '../../src/viewer';
import { sizeAlong } from './axes';
import type { Asked, Buffer } from './read-buffer';
import { readValues } from './read-values';

/** Statistics of the whole tensor, or of the whole difference; rows are as on the screen. Offsets are in `order`. */
export async function readWhole(asked: Asked, { layout, view, origin }: Buffer) {
  const order = [...layout.axes.filter((axis) => axis !== view.cols), ...(view.cols ? [view.cols] : [])];
  const { values } = await readValues(origin, asked, {}, order);
  const row = sizeAlong(layout, view.cols);
  const shape = order.map((axis) => sizeAlong(layout, axis));
  return { order: { axes: order, shape }, statistics: statistics(values.values, { row, kinds: values.kinds }), values };
}
