/** An explanation as a recording holds it, plain JSON, and what such an answer must be before it is shown. */
import type { Explanation, StepExplanation } from '../../src/index';
import { type Check, flag, index, list, nullable, number, oneOf, optional, record, text } from '../shared/answers';
import type { Explained } from './read-explanation';

type Addend = Omit<NonNullable<StepExplanation['addends']>[number], 'operands'>;

/** The addends name their operands by their places in the list of all operands. */
type Written =
  | Exclude<Explanation, StepExplanation>
  | (Omit<StepExplanation, 'addends'> & { addends: readonly (Addend & { operands: readonly number[] })[] | null });

export type RecordedExplanation = Omit<Explained, 'explanation'> & { readonly explanation: Written | null };

export function toRecord({ explanation, ...rest }: Explained): RecordedExplanation {
  if (explanation?.kind !== 'step') return { ...rest, explanation };
  const places = new Map(explanation.operands.map((operand, i) => [operand, i]));
  const addends = explanation.addends?.map((addend) => ({
    ...addend,
    operands: addend.operands.map((operand) => places.get(operand)!),
  }));
  return { ...rest, explanation: { ...explanation, addends: addends ?? null } };
}

export function fromRecord({ explanation, ...rest }: RecordedExplanation): Explained {
  if (explanation?.kind !== 'step') return { ...rest, explanation };
  const { operands } = explanation;
  const addends = explanation.addends?.map((addend) => ({
    ...addend,
    operands: addend.operands.map((i) => operands[i]!),
  }));
  return { ...rest, explanation: { ...explanation, addends: addends ?? null } };
}

/** An object of which each member is to pass. */
const each =
  (check: Check): Check =>
  (value, at) =>
    record({})(value, at) ??
    Object.entries(value as object).reduce<string | null>(
      (wrong, [name, one]) => wrong ?? check(one, `${at}.${name}`),
      null,
    );

const place = each(index);

const spot = {
  tensor: text,
  index: place,
  buffer: record({ label: text, byteOffset: index }),
  value: number,
  bits: index,
};
const three = list(index, 3);
const role = oneOf('activation', 'weight', 'input');

function step(value: unknown, at: string): string | null {
  const { operands } = value as { operands?: unknown };
  const count = Array.isArray(operands) ? operands.length : 0;
  const among: Check = (i, here) => index(i, here) ?? ((i as number) < count ? null : `${here} is no operand`);
  return record({
    ...spot,
    step: index,
    derived: flag,
    reused: flag,
    about: text,
    kernel: text,
    variant: text,
    fusion: optional(text),
    entryPoint: text,
    port: text,
    writer: nullable(record({ workgroup: three, local: three })),
    formula: record({ symbolic: text, numbers: list(text), note: optional(text) }),
    computed: number,
    error: number,
    bound: number,
    ok: flag,
    operands: list(record({ port: text, tensor: text, index: place, value: number, role })),
    addends: nullable(list(record({ value: number, running: number, operands: list(among), times: optional(number) }))),
    magnitude: nullable(number),
    cancellation: nullable(number),
  })(value, at);
}

const stored = record({
  tensor: text,
  axes: list(text),
  offset: index,
  rows: nullable(list(index, 2)),
  precision: optional(oneOf('f16')),
  shared: flag,
});

const explanation: Check = (value, at) => {
  const kind = record({ kind: oneOf('step', 'weight', 'token', 'input') })(value, at);
  if (kind !== null) return kind;
  switch ((value as Explanation).kind) {
    case 'step':
      return step(value, at);
    case 'weight':
      return record({ ...spot, stored, operands: list(text, 0) })(value, at);
    default:
      return record({ ...spot, text: nullable(text), operands: list(text, 0) })(value, at);
  }
};

export const recordCheck: Check = record({
  explanation: nullable(explanation),
  problem: nullable(text),
  names: list(text),
  texts: optional(each(text)),
});
