/** What the commands say to people. */
import { describeIndex } from '../tensor/layout';
import type { CheckedTensor, CheckReport } from './commands/check';
import type { TraceReport } from './commands/trace';
import type { JsonNumber } from './task';

export function printTrace(report: TraceReport & { out: string; bytes: number; runtime: string }): string {
  const { steps, tensors, next, labels, out, bytes } = report;
  const [batch, pos] = [labels.length, labels[0]!.length];
  return [
    `${report.model} on ${report.adapter}, ${report.runtime}: batch ${batch}, pos ${pos}, ${steps} steps`,
    ...next.map((tokens, b) => {
      const best = tokens.map(({ text, probability }) => `${JSON.stringify(text)} ${percent(probability)}`);
      return `${batch > 1 ? `prompt ${b}, ` : ''}next token (softmax of the last logits): ${best.join(', ')}`;
    }),
    `${tensors.length} tensors, ${count(bytes)} bytes, in ${out}`,
  ].join('\n');
}

export function printCheck(report: CheckReport & { runtime: string }): string {
  const { checked, labels, ok } = report;
  const [batch, pos] = [labels.length, labels[0]!.length];
  const head = ['step', 'kernel', 'tensor', 'largest error', 'error', 'bound', 'ratio', 'where the ratio is largest'];
  const rows = checked.map((row) => [
    String(row.step),
    row.variant === 'clear' ? row.kernel : `${row.kernel} (${row.variant})`,
    row.tensor,
    short(row.maxError),
    short(row.error),
    short(row.bound),
    typeof row.ratio === 'number' ? row.ratio.toFixed(3) : row.ratio,
    `${describeIndex(row.at)}${row.ok ? '' : '  MISS'}`,
  ]);
  return [
    `${report.model} on ${report.adapter}, ${report.runtime}: batch ${batch}, pos ${pos}`,
    table([head, ...rows], [0, 3, 4, 5, 6]),
    ...checked.filter((row) => !row.ok).map(describeMiss),
    ok
      ? passed(checked)
      : `FAILED: ${checked.filter((row) => !row.ok).length} of ${checked.length} tensors miss their bound.`,
  ].join('\n');
}

function passed(checked: readonly CheckedTensor[]): string {
  const ratio = (row: CheckedTensor) => Number(row.ratio);
  const worst = checked.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  return `ok: all ${checked.length} tensors lie within their bounds; the largest ratio is ${ratio(worst).toFixed(3)}, of ${worst.tensor}.`;
}

function describeMiss({ step, kernel, tensor, at, value, expected, error, bound }: CheckedTensor): string {
  return `step ${step} ${kernel}: ${tensor} at ${describeIndex(at)}: got ${value}, expected ${expected}, error ${short(error)} > bound ${short(bound)}`;
}

/** Columns two spaces apart; those listed are aligned right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    right.includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

const short = (value: JsonNumber) => (typeof value === 'number' ? value.toExponential(2) : value);
const percent = (value: JsonNumber) => (typeof value === 'number' ? `${(100 * value).toPrecision(3)} %` : value);
const count = (value: number) => value.toLocaleString('en-US');
