import { describeIndex } from '../tensor/layout';
import { MASKED } from '../tensor/masked';
import { numeral } from '../tensor/numeral';
import type { ExplainedAddend, ExplainedOperand, Explanation, StepExplanation, WeightExplanation } from './explanation';

/** Addends or operands that are listed unless more are asked for. */
const SHOWN = 8;

/** An explanation as text, several lines of it; long lists show the largest. */
export function describeExplanation(explanation: Explanation, { most = SHOWN } = {}): string {
  const { tensor, index, value, bits, buffer, kind } = explanation;
  const hex = bits.toString(16).padStart(8, '0');
  const lines = [
    `${tensor} at ${describeIndex(index)} = ${numeral(value)}`,
    `  bits 0x${hex}, at byte ${buffer.byteOffset} of the buffer ${buffer.label}`,
  ];
  if (kind === 'step') return [...lines, ...describeStep(explanation, most)].join('\n');
  if (kind === 'weight') return [...lines, ...describeWeight(explanation)].join('\n');
  const what = kind === 'token' ? `token id ${value}: ${JSON.stringify(explanation.text)}` : 'an input of the run';
  return [...lines, `  ${what}; nothing computed it`].join('\n');
}

function describeStep(explanation: StepExplanation, most: number): string[] {
  const { step, derived, reused, kernel, variant, fusion, about, writer, entryPoint, formula, operands, addends } =
    explanation;
  const stored = writer
    ? `stored by invocation (${writer.local}) of workgroup (${writer.workgroup})`
    : reused
      ? 'stored by an earlier pass, and taken over with its position'
      : "which invocation stores it only the shader's text says";
  const summed = new Set(addends?.flatMap((addend) => addend.operands));
  const others = operands.filter((operand) => !summed.has(operand));
  return [
    `  step ${step}${derived ? ' of the derived ones' : ''}, ${kernel} (${variant})${fusion === undefined ? '' : ` within ${fusion}`}: ${about}`,
    `  ${stored}, entry point ${entryPoint}`,
    `  ${formula.symbolic}`,
    ...formula.numbers.map((line) => `    ${line}`),
    ...(formula.note ? [`    ${formula.note}`] : []),
    `  ${describeVerdict(explanation)}`,
    ...describeUnusual(operands),
    ...(addends ? describeAddends(explanation, addends, most) : []),
    ...(addends && others.length === 0 ? [] : describeOperands(others, most)),
  ];
}

/** `float64 on these operands gives 0.5; |0.5000001 − 0.5| = 1.0e-7 ≤ bound 4.4e-7: it agrees` */
export function describeVerdict({ value, computed, error, bound, ok }: StepExplanation): string {
  const numbers = `float64 on these operands gives ${numeral(computed)}; the buffer differs by ${error.toExponential(2)}`;
  const whole = `${numbers}, the bound is ${bound.toExponential(2)}`;
  if (ok) return `${whole}: it agrees`;
  const why = Number.isNaN(value) || Number.isNaN(computed) ? 'NaN lies within no bound' : 'it does NOT agree';
  return `${whole}: ${why}`;
}

function describeUnusual(operands: readonly ExplainedOperand[]): string[] {
  const found = operands.filter(({ value }) => !Number.isFinite(value));
  if (found.length === 0) return [];
  const more = found.length > 3 ? `, and ${found.length - 3} more` : '';
  return [`  operands that are not finite: ${found.slice(0, 3).map(nameValue).join('; ')}${more}`];
}

function describeAddends(
  { magnitude, cancellation }: StepExplanation,
  addends: readonly ExplainedAddend[],
  most: number,
): string[] {
  const shown = addends.slice(0, most).map(({ value, running, operands, times }) => {
    const factors = [...(times === undefined ? [] : [numeral(times)]), ...operands.map(nameValue)].join(' · ');
    return `    ${number(value)}  ${number(running)}  ${factors}`;
  });
  return [
    `  ${addends.length} addends, Σ|addend| = ${numeral(magnitude!)}: ${describeCancellation(cancellation!)}`,
    `    ${'addend'.padStart(13)}  ${'running sum'.padStart(13)}`,
    ...shown,
    ...rest(addends.length - shown.length),
  ];
}

/** `the parts are 24.6 times as large as the whole` */
export function describeCancellation(cancellation: number): string {
  if (Number.isNaN(cancellation)) return 'the sum is NaN';
  if (cancellation === Infinity) return 'the parts cancel to zero';
  return `the parts are ${cancellation.toPrecision(3)} times as large as the whole`;
}

function describeOperands(operands: readonly ExplainedOperand[], most: number): string[] {
  if (operands.length === 0) return ['  no operands'];
  const largest = largestFirst(operands).slice(0, most);
  const shown = operands.filter((operand) => largest.includes(operand));
  return [
    `  ${operands.length} operand${operands.length === 1 ? '' : 's'}:`,
    ...shown.map((operand) => `    ${operand.port.padEnd(10)} ${nameValue(operand)}`),
    ...rest(operands.length - shown.length),
  ];
}

function describeWeight({ stored }: WeightExplanation): string[] {
  const rows = stored.rows ? `, which holds rows ${stored.rows[0]} to ${stored.rows[1] - 1} of the vocabulary` : '';
  return [
    `  a weight: element ${stored.offset} of ${stored.tensor} [${stored.axes.join(', ')}]${rows}`,
    ...(stored.precision
      ? ["  held as f16: the file's number, rounded to the nearest; bits are those of the f32 that it widens to"]
      : []),
    ...(stored.shared ? ['  embedding and unembedding share this memory: the model is tied'] : []),
  ];
}

/** The largest magnitude first; masked scores, which weigh nothing, last. */
export function largestFirst(operands: readonly ExplainedOperand[]): ExplainedOperand[] {
  const size = ({ value }: ExplainedOperand) => (value <= MASKED ? -1 : Math.abs(value));
  return [...operands].sort((a, b) => size(b) - size(a));
}

const nameValue = ({ tensor, index, value }: ExplainedOperand) =>
  `${tensor}[${describeIndex(index)}] = ${numeral(value)}`;
const number = (value: number) => value.toPrecision(6).padStart(13);
const rest = (count: number) => (count > 0 ? [`    … and ${count} more`] : []);
