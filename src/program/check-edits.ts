/** Edits come from callers in JavaScript too, and from hypotheses that a user wrote: what is none is told so. */
import { FluoroscopeError } from '../errors';
import { show } from '../tensor/show';
import type { Edit } from './edits';

/** @throws `edit-invalid` for what is no list of edits */
export function checkEdits(edits: readonly Edit[]): void {
  if (!Array.isArray(edits)) throw invalid(`edits is ${show(edits)}, expected a list such as [{ at, op: 'zero' }].`);
  edits.forEach(checkEdit);
}

/** @throws `edit-invalid` for what is no edit */
export function checkEdit(edit: Edit): void {
  if (isEdit(edit)) return;
  throw invalid(
    `${show(edit)} is no edit: expected { at, op: 'zero' }, { at, op: 'scale', by } or { at, op: 'set' or 'add', value }, where by is a number, and value one or { axes, shape, data }.`,
  );
}

function isEdit(edit: Partial<Record<'at' | 'op' | 'by' | 'value', unknown>> | null | undefined): boolean {
  if (typeof edit?.at !== 'string') return false;
  const { op, by, value } = edit;
  if (op === 'scale') return typeof by === 'number';
  if (op === 'set' || op === 'add') return typeof value === 'number' || isValues(value);
  return op === 'zero';
}

function isValues(value: unknown): boolean {
  const { axes, shape, data } = (value ?? {}) as Partial<Record<'axes' | 'shape' | 'data', ArrayLike<unknown>>>;
  return Array.isArray(axes) && Array.isArray(shape) && data?.length !== undefined;
}

const invalid = (what: string) => new FluoroscopeError('edit-invalid', what);
