/** Numbers of a buffer in words and signs. */
import { NumberKind } from '../../src/viewer';
import { formatValue } from '../shared/text';
import { drawnKind } from './drawn-kind';
import type { Cells } from './pyramid';

type Numbers = Pick<Cells, 'values' | 'kinds'>;

/** The bits of a single precision number, as eight hexadecimal digits. */
export function hexOf(values: Float32Array, i: number): string {
  const word = new Uint32Array(values.buffer, values.byteOffset + 4 * i, 1)[0]!;
  return word.toString(16).padStart(8, '0');
}

/** Nine significant digits, which tell every single precision number from its neighbours; no more than it takes. */
export function nineDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(9)));
}

const names = new Map<number, string>([
  [NumberKind.nan, 'NaN'],
  [NumberKind.positiveInfinity, '+Inf'],
  [NumberKind.negativeInfinity, '−Inf'],
  [NumberKind.masked, 'masked'],
]);

/** Four significant digits, or what it is instead of a number. */
export function shortText({ values, kinds }: Numbers, i: number): string {
  const value = values[i]!;
  return names.get(drawnKind(kinds[i]!)) ?? (Object.is(value, -0) ? '−0' : formatValue(value));
}

/** Nine significant digits with a minus sign that a reader can see, or what it is instead of a number. */
export function longText({ values, kinds }: Numbers, i: number): string {
  return names.get(drawnKind(kinds[i]!)) ?? nineDigits(values[i]!).replaceAll('-', '−');
}

/** The distance from a single precision number to the next one away from 0. */
export function unitInLastPlace(value: number): number {
  const exponent = value === 0 ? -126 : Math.floor(Math.log2(Math.abs(value)));
  return 2 ** (Math.max(-126, exponent) - 23);
}
