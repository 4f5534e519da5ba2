import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import { type Measure, measureWords } from './measures';
import type { Residual } from './read-residual';

export function residualTable({ labels, places }: Residual, pos: number, measure: Measure): FigureTable {
  const at = (values: Float64Array | null, p: number) => (values && !Number.isNaN(values[p]!) ? values[p]! : '');
  const token = (p: number) => `${visibleToken(labels[p]!)} (${p})`;
  const own = ['length', 'along the final stream', 'cosine', 'turn of the stream, °'];
  return {
    caption: `The residual stream of ${token(pos)}`,
    columns: ['place', 'tensor', ...own, ...labels.map((_, p) => `${measure} at ${token(p)}`)],
    rows: places.map((place) => [
      place.label,
      place.key,
      ...[place.length, place.along, place.cosine, place.turn].map((values) => at(values, pos)),
      ...labels.map((_, p) => at(place[measure], p)),
    ]),
    note: `Derived, and then the ${measureWords[measure]} at every token.`,
    tensors: places.map(({ tensor }) => tensor),
    of: { pos },
  };
}
