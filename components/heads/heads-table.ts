import type { Matrix } from '../shared/bitmap';
import type { FigureTable } from '../shared/figure-table';
import type { Patterns } from './read-patterns';

interface Head {
  readonly layer: number;
  readonly head: number;
  /** The tensor's name. */
  readonly name: string;
  readonly pattern: Matrix;
}

/** All pairs of a head that the pass compared. */
export function headsTable({ texts }: Patterns, { layer, head, name, pattern }: Head): FigureTable {
  return {
    caption: `Attention of layer ${layer}, head ${head}`,
    columns: ['from', 'query', 'to', 'key', 'weight'],
    rows: Array.from(pattern.values).flatMap((weight, i) => {
      const [query, key] = [Math.floor(i / pattern.cols), i % pattern.cols];
      return pattern.isVoid?.(i) ? [] : [[texts[query]!, query, texts[key]!, key, weight]];
    }),
    note: 'Pairs that the model masks are left out, and so are the other heads.',
    tensors: [name],
    of: { layer, head },
  };
}
