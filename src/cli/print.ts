/** What the commands say to people, as far as they share it. */
import type { JsonNumber } from './task';

/** `induction on SwiftShader, Chrome 140: batch 1, pos 4`; and what rounding did to the weights, where it did. */
export function heading(report: {
  readonly model: string;
  readonly adapter: string;
  readonly runtime: string;
  readonly rounded?: string;
  readonly labels?: readonly (readonly string[])[];
}): string {
  const { model, adapter, runtime, rounded, labels } = report;
  const size = labels ? `: batch ${labels.length}, pos ${labels[0]!.length}` : '';
  return `${model} on ${adapter}, ${runtime}${size}${rounded === undefined ? '' : `; ${rounded}`}`;
}

/** Columns two spaces apart; those listed are aligned right. Without rows it is empty. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    right.includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

export const short = (value: JsonNumber) => (typeof value === 'number' ? value.toExponential(2) : value);
export const percent = (value: JsonNumber) => (typeof value === 'number' ? `${(100 * value).toPrecision(3)} %` : value);
/** To so many decimals. */
export const fixed = (value: JsonNumber, decimals = 3) => (typeof value === 'number' ? value.toFixed(decimals) : value);
export const count = (value: number) => value.toLocaleString('en-US');

/** `"the" 12.3 %, "a" 4.50 %` */
export function likely(tokens: readonly { readonly text: string; readonly probability: JsonNumber }[]): string {
  if (tokens.some(({ probability }) => typeof probability !== 'number'))
    return 'no answer: the logits hold NaN or infinities';
  return tokens.map(({ text, probability }) => `${JSON.stringify(text)} ${percent(probability)}`).join(', ');
}

/** `"the" 1.23, "a" 0.45` */
export function valued(tokens: readonly { readonly text: string; readonly value: JsonNumber }[]): string {
  return tokens.map(({ text, value }) => `${JSON.stringify(text)} ${significant(value)}`).join(', ');
}

export const significant = (value: JsonNumber) =>
  typeof value === 'number' ? String(Number(value.toPrecision(3))) : value;
/** null is what a definition does not apply to. */
export const orDash = (value: JsonNumber | null, decimals = 3) => (value === null ? '–' : fixed(value, decimals));
