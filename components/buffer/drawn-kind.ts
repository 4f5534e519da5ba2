/** What blocks that hold several kinds of number are drawn as. */
import { FINITE, NumberKind } from '../../src/viewer';
import type { Cells } from './pyramid';

/** What a block is drawn as: a NaN before an infinity, that before numbers, and those before masked scores. */
export function drawnKind(kinds: number): number {
  if (kinds & NumberKind.nan) return NumberKind.nan;
  if (kinds & NumberKind.positiveInfinity) return NumberKind.positiveInfinity;
  if (kinds & NumberKind.negativeInfinity) return NumberKind.negativeInfinity;
  return kinds & FINITE ? NumberKind.normal : NumberKind.masked;
}

const found = new WeakMap<Uint8Array, number>();

/** All kinds of number that are in a matrix. */
export function kindsIn({ kinds }: Pick<Cells, 'kinds'>): number {
  let all = found.get(kinds);
  if (all === undefined) found.set(kinds, (all = kinds.reduce((some, kind) => some | kind, 0)));
  return all;
}

/** The cell that a block of cells is drawn as, `[from, to)` along both. */
export function drawnCell(
  { cols, values, kinds }: Cells,
  rows: readonly [number, number],
  columns: readonly [number, number],
): { row: number; col: number } {
  const rank = (i: number) => {
    const kind = drawnKind(kinds[i]!);
    const order = [NumberKind.masked, NumberKind.normal, NumberKind.negativeInfinity, NumberKind.positiveInfinity];
    const at = order.indexOf(kind as never);
    return at < 0 ? order.length : at;
  };
  let best = rows[0] * cols + columns[0];
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let col = columns[0]; col < columns[1]; col++) {
      const i = row * cols + col;
      const by = rank(i) - rank(best);
      const larger = Math.abs(values[i]!) - Math.abs(values[best]!);
      if (by > 0 || (by === 0 && (larger > 0 || (larger === 0 && values[i]! > values[best]!)))) best = i;
    }
  }
  return { row: Math.floor(best / cols), col: best % cols };
}
