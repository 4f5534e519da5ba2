/** What is said of an edit, apart from how it is made: a recording tells of its edits and makes none. */
import type { EditNote } from './edits';

/**
 * What the tensor held before it was edited; it stays readable under this name.
 *
 * @param nth for one that was edited again after steps had read it: what it held before the nth time
 */
export const beforeEdit = (tensor: string, nth = 1): string => `${tensor}:before${nth === 1 ? '' : nth}`;

/** `scale by 0.5 at head 3, pos -1`; of values that are more than a number it says none. */
export function describeEdit(edit: EditNote): string {
  const where = Object.entries(edit.slice ?? {}).map(
    ([axis, i]) => `${axis} ${typeof i === 'number' ? i : `${i[0]} to ${i[1]}`}`,
  );
  return `${edit.op}${amountOf(edit)}${where.length > 0 ? ` at ${where.join(', ')}` : ''}`;
}

function amountOf(edit: EditNote): string {
  if (edit.op === 'scale') return ` by ${edit.by}`;
  if (!('value' in edit) || typeof edit.value !== 'number') return '';
  return edit.op === 'set' ? ` to ${edit.value}` : ` ${edit.value}`;
}
