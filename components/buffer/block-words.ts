/** What many cells come to, in words: a block under the pointer, and a comparison. */
import type { Axis } from '../../src/index';
import { describeIndex, NumberKind } from '../../src/viewer';
import { formatValue } from '../shared/text';
import type { TokenAt } from './axes';
import type { Block } from './buffer-map';
import type { Buffer } from './read-buffer';
import { describeCell } from './words';

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
