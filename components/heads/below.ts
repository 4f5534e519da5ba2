/** What comes after the picture: the selected head as a table, and as a place for an edit. */
import type { Matrix } from '../shared/bitmap';
import type { FigureTable } from '../shared/figure-table';
import { type LayerPatterns, type Patterns, weightAt } from './read-patterns';

export { headPlace } from './head-place';

export interface ShownHead extends LayerPatterns {
  readonly head: number;
  readonly pattern: Matrix;
}

/** All pairs of the selected head that the pass compared. */
export function headTable({ texts }: Patterns, { layer, name, head, pattern }: ShownHead): FigureTable {
  return {
    caption: `Attention of layer ${layer}, head ${head}`,
    columns: ['from', 'query', 'to', 'key', 'weight'],
    rows: texts.flatMap((from, query) =>
      texts.flatMap((to, key) => {
        const weight = weightAt(pattern, query, key);
        return weight === null ? [] : [[from, query, to, key, weight]];
      }),
    ),
    note: 'Pairs that the model masks are left out, and so are the other heads.',
    tensors: [name],
    of: { layer, head },
  };
}
