import type { FigureTable } from '../shared/figure-table';
import { type Order, ordered, relative } from './list-view';
import { sideNames } from './pair';
import type { Compared } from './read-compared';

export function compareTable({ tensors, kind }: Compared, order: Order): FigureTable {
  const [left, right] = sideNames[kind];
  return {
    caption: `Tensors in which they differ: ${left} and ${right}`,
    columns: ['tensor', 'step', 'kernel', 'values', 'differing', 'largest |difference|', 'over the largest |value|'],
    rows: ordered(tensors, order).map((one) => [
      one.tensor,
      one.step,
      one.kernel,
      one.of,
      one.count,
      one.largest,
      relative(one),
    ]),
    tensors: tensors.map(({ tensor }) => tensor),
  };
}
