import type { Matrix } from '../shared/bitmap';
import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';

interface Head {
  readonly layer: number;
  readonly head: number;
  /** The tensor's name. */
  readonly name: string;
  readonly pattern: Matrix;
}

/** All pairs of a head that the pass compared. */
export function headsTable(labels: readonly string[], { layer, head, name, pattern }: Head): FigureTable {
  const rows = Array.from(pattern.values, (weight, i) => {
    const [query, key] = [Math.floor(i / pattern.cols), i % pattern.cols];
    return [visibleToken(labels[query]!), query, visibleToken(labels[key]!), key, weight] as const;
  });
  return {
    caption: `Attention of layer ${layer}, head ${head}`,
    columns: ['from', 'query', 'to', 'key', 'weight'],
    rows: rows.filter(([, , , , weight]) => !Number.isNaN(weight)),
    note: 'Pairs that the model masks are left out, and so are the other heads.',
    tensors: [name],
    of: { layer, head },
  };
}
