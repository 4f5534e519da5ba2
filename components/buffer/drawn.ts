/** What is worked out once for what is shown, and not again for a pointer that moves. */
import type { Cell } from '../shared/canvas-grid';
import { coloringOf, type Range } from './coloring';
import { hexOf, shortText } from './number-text';
import type { Coloring } from './paint-cells';
import type { Buffer } from './read-buffer';
import { axisLabel, describeBits, describeCell, type TokenAt } from './words';

export interface Drawn {
  readonly buffer: Buffer;
  readonly range: Range;
  readonly bits: boolean;
  readonly coloring: Coloring;
  readonly tokenAt: TokenAt;
  readonly rowLabel: (row: number) => string;
  readonly colLabel: (col: number) => string;
  readonly cellText: (i: number) => string;
  readonly describe: (cell: Cell) => string;
}

export function drawnFrom(buffer: Buffer, range: Range, bits: boolean, tokenAt: TokenAt): Drawn {
  const { values, view, comparison } = buffer;
  return {
    buffer,
    range,
    bits,
    coloring: coloringOf(values, range, comparison !== 'none'),
    tokenAt,
    rowLabel: axisLabel(view.rows, tokenAt),
    colLabel: axisLabel(view.cols, tokenAt),
    cellText: bits ? (i) => hexOf(values.own.values, i) : (i) => shortText(values, i),
    describe: ({ row, col }) => {
      const words = describeCell(buffer, row, col, tokenAt);
      return bits ? `${words}, bits ${describeBits(values, row * values.cols + col)}` : words;
    },
  };
}
