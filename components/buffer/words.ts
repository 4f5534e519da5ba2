/** What a cell and a block are, in words. */
import type { Axis, Index, Layout } from '../../src/index';
import { describeIndex } from '../../src/viewer';
import { formatValue } from '../shared/text';
import type { TokenAt } from './axes';
import { hexOf, longText, nineDigits, shortText, unitInLastPlace } from './number-text';
import type { Buffer, Values } from './read-buffer';
import { cellIndex } from './slices';

/** `batch 0, pos 3 (·be), head 1` */
function describePlace(index: Index, tokenAt: TokenAt): string {
  const places = Object.entries(index) as [Axis, number][];
  return places
    .map(([axis, i]) => {
      const token = tokenAt(axis, i);
      return `${describeIndex({ [axis]: i })}${token === null ? '' : ` (${token})`}`;
    })
    .join(', ');
}

/** A cell's value, and where it is compared what it is compared with. */
export function describeValue({ own, against, ...shown }: Values, i: number): string {
  if (!against) return longText(own, i);
  const { values, bound } = against;
  const difference = shown.values[i]!;
  const there = nineDigits(values[i]!).replaceAll('-', '−');
  const parts = [`difference ${shortText(shown, i)}: ${longText(own, i)} here`, `${there} there`];
  if (Number.isFinite(difference)) {
    parts.push(`${formatValue(Math.abs(difference) / unitInLastPlace(values[i]!))} ULP`);
  }
  if (bound) {
    const within = Math.abs(difference) <= bound[i]!;
    parts.push(`${within ? 'within' : 'beyond'} the bound ${formatValue(bound[i]!)}`);
  }
  return parts.join(', ');
}

export function describeBits({ own }: Values, i: number): string {
  return `0x${hexOf(own.values, i)}`;
}

export function describeCell(buffer: Buffer, row: number, col: number, tokenAt: TokenAt): string {
  const { layout, view, values } = buffer;
  const place = describePlace(cellIndex(layout, view, { row, col }), tokenAt);
  return `${place}: ${describeValue(values, row * values.cols + col)}`;
}

/** Which way the axes run. */
export function describeView({ rows, cols }: { rows: Axis | null; cols: Axis | null }, { axes }: Layout): string {
  if (axes.length === 0) return 'one number';
  return rows === null ? `columns are ${cols}` : `rows are ${rows}, columns are ${cols}`;
}
