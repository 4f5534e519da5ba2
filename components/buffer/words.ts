/** What a cell and a block are, in words. */
import type { Axis, Index, Layout } from '../../src/index';
import { describeIndex, NumberKind } from '../../src/viewer';
import { formatValue } from '../shared/text';
import { cellIndex } from './axes';
import type { Block } from './map-drawing';
import { hexOf, longText, nineDigits, shortText, unitInLastPlace } from './number-text';
import type { Buffer, Values } from './read-buffer';

/** What stands at an index of an axis: a token's text, or nothing. */
export type TokenAt = (axis: Axis, i: number) => string | null;

/** `3 ·be` for a position, `17` for a neuron. */
export function axisLabel(axis: Axis | null, tokenAt: TokenAt): (i: number) => string {
  if (axis === null) return () => '';
  return (i) => {
    const token = tokenAt(axis, i);
    return token === null ? String(i) : `${i} ${token}`;
  };
}

/** `batch 0, pos 3 (·be), head 1` */
export function describePlace(index: Index, tokenAt: TokenAt): string {
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

/** A block of cells, of which the extremes are known. */
export function describeBlock(buffer: Buffer, { rows, cols }: Block, tokenAt: TokenAt): string {
  const { values, view } = buffer;
  if (rows[1] - rows[0] === 1 && cols[1] - cols[0] === 1) return describeCell(buffer, rows[0], cols[0], tokenAt);
  let [low, high, kinds] = [Infinity, -Infinity, 0];
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let i = row * values.cols + cols[0]; i < row * values.cols + cols[1]; i++) {
      kinds |= values.kinds[i]!;
      if (values.kinds[i]! > NumberKind.normal) continue;
      low = Math.min(low, values.values[i]!);
      high = Math.max(high, values.values[i]!);
    }
  }
  const range = (axis: Axis | null, [from, to]: readonly [number, number]) =>
    axis === null ? [] : [to - from > 1 ? `${axis} ${from}–${to - 1}` : `${axis} ${from}`];
  const fixed = describeIndex(view.fixed);
  const where = [...range(view.rows, rows), ...range(view.cols, cols), ...(fixed ? [fixed] : [])].join(', ');
  const rest = [
    [NumberKind.nan, 'NaN'],
    [NumberKind.positiveInfinity, '+Inf'],
    [NumberKind.negativeInfinity, '−Inf'],
    [NumberKind.masked, 'masked'],
  ] as const;
  const found = [
    ...(low <= high ? [`${formatValue(low)} … ${formatValue(high)}`] : []),
    ...rest.filter(([kind]) => (kinds & kind) !== 0).map(([, name]) => name),
  ];
  return `${where}: ${found.join(', ')}`;
}

/** What the two sides of a comparison have in common, in a line. */
export function describeComparison({ values: { own, against, values, kinds } }: Buffer): string {
  if (!against) return '';
  let [equal, beyond, worst] = [0, 0, 0];
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const both = Object.is(own.values[i], against.values[i]) || kinds[i] === NumberKind.masked;
    if (both) equal++;
    const error = Math.abs(values[i]!);
    if (error > largest) largest = error;
    if (!against.bound || both) continue;
    if (!(error <= against.bound[i]!)) beyond++;
    if (error > 0) worst = Math.max(worst, error / against.bound[i]!);
  }
  const count = (n: number) => n.toLocaleString('en');
  const same = `${count(equal)} of ${count(values.length)} equal`;
  if (!against.bound) return `${same}, largest difference ${formatValue(largest)}`;
  return (
    `largest error ${formatValue(largest)}, at most ${formatValue(worst)} of its bound; ` +
    `${beyond === 0 ? 'none' : count(beyond)} beyond the bound`
  );
}

/** Which way the axes run. */
export function describeView({ rows, cols }: { rows: Axis | null; cols: Axis | null }, { axes }: Layout): string {
  if (axes.length === 0) return 'one number';
  return rows === null ? `columns are ${cols}` : `rows are ${rows}, columns are ${cols}`;
}
