import { FluoroscopeError } from '../errors';
import { beforeEdit, composeEdits, describeEdit, type Edit, type EditNote } from '../program/edits';
import { type ForwardProgram, resolve } from '../program/program';
import { sizeOf } from '../tensor/layout';
import { select } from '../tensor/slice';
import type { Trace } from '../trace/trace';

/** What one edit did. */
export interface Receipt {
  readonly edit: EditNote;
  /** Values that are others than before this edit. */
  readonly changed: number;
  /** Values of its slice. */
  readonly of: number;
  /**
   * The first tensor in the order of computation that is computed from the edited one and differs from the clean run;
   * where that one is itself edited, as it was before: `beforeEdit(name)`. null where there is none.
   */
  readonly first: string | null;
  /** How many tensors are computed from the edited one: 0 for the pass's output. */
  readonly later: number;
}

/**
 * What each edit of a run did, in the order given. Of several edits of one tensor each is counted against the value that
 * the one before it left; the values between, which the pass does not hold, are computed in f32 from the one before all.
 * Where edits meet further down, what differs there may be another's doing: run one alone to tell.
 *
 * @param edited a live trace: a recorded one has no values for its edits
 * @param clean the same prompt without the edits
 * @throws `edit-invalid` where that is not so; as `trace.read`
 */
export async function receipts(edited: Trace, clean: Trace): Promise<Receipt[]> {
  const { program } = edited;
  const edits = edited.edits.map(withValues);
  if (JSON.stringify(edited.tokens) !== JSON.stringify(clean.tokens)) {
    throw new FluoroscopeError('edit-invalid', 'Receipts compare two runs of one prompt; these two have other tokens.');
  }
  const counts = new Map<Edit, number>();
  const firsts = new Map<string, Promise<Pick<Receipt, 'first' | 'later'>>>();
  for (const tensor of new Set(edits.map(({ at }) => resolve(program, at)))) {
    const own = edits.filter(({ at }) => resolve(program, at) === tensor);
    for (const [i, changed] of (await countChanges(edited, tensor, own)).entries()) counts.set(own[i]!, changed);
    firsts.set(tensor, firstDifference(edited, clean, tensor));
  }
  return Promise.all(
    edits.map(async (edit): Promise<Receipt> => {
      const tensor = resolve(program, edit.at);
      const changed = counts.get(edit)!;
      const { first, later } = await firsts.get(tensor)!;
      const of = sizeOf(select(edit.at, program.tensors[tensor]!, edit.slice ?? {}).shape);
      return { edit, changed, of, first: changed > 0 ? first : null, later };
    }),
  );
}

/** `zero at head 3 of blocks.0.attn.hook_z: changed 28 of 28 values; the first later tensor that differs is …` */
export function describeReceipt(receipt: Receipt): string {
  return `${describeEdit(receipt.edit)} of ${receipt.edit.at}: ${describeEffect(receipt)}`;
}

/** The same without the edit. */
export function describeEffect({ changed, of, first, later }: Receipt): string {
  const what = `changed ${changed} of ${of} values`;
  if (of === 0) return `${what}: its slice is empty; nothing downstream changed`;
  if (changed === 0) return `${what}, which were so before; nothing downstream changed`;
  if (first) return `${what}; the first later tensor that differs is ${first}`;
  if (later === 0) return `${what} of the pass's output, which nothing reads`;
  return `${what}, but nothing downstream changed: all ${later} later tensors equal the clean run's`;
}

async function countChanges(edited: Trace, tensor: string, edits: readonly Edit[]): Promise<number[]> {
  const layout = edited.layout(tensor);
  const [{ data: before }, { data: after }] = await Promise.all([edited.read(beforeEdit(tensor)), edited.read(tensor)]);
  if (edits.length === 1) return [countDifferent(before, after)];
  const states = edits.map((_, i) => {
    const { weight, offset } = composeEdits(tensor, layout, edits.slice(0, i + 1));
    return before.map((x, n) => {
      const [w, o] = [weight[n]!, offset[n]!];
      return w === 0 ? o : Math.fround(Math.fround(w * x) + o);
    });
  });
  return states.map((state, i) => countDifferent(i === 0 ? before : states[i - 1]!, state));
}

/** Walks the tensors that are computed from the edited one until one differs. */
async function firstDifference(edited: Trace, clean: Trace, tensor: string): Promise<Pick<Receipt, 'first' | 'later'>> {
  const later = computedFrom(edited.program, tensor);
  for (const name of later) {
    const [here, there] = await Promise.all([edited.read(name), clean.read(asUnedited(name))]);
    if (countDifferent(here.data, there.data) > 0) return { first: name, later: later.length };
  }
  return { first: null, later: later.length };
}

/** In the order of computation; a tensor that is itself edited as it was before. */
function computedFrom({ steps }: ForwardProgram, tensor: string): string[] {
  const reached = new Set([tensor]);
  for (const { inputs, outputs } of steps) {
    if (!Object.values(inputs).some((name) => reached.has(name))) continue;
    for (const name of Object.values(outputs)) reached.add(name);
  }
  return [...reached].filter((name) => name !== tensor && !reached.has(beforeEdit(name)));
}

const asUnedited = (name: string) => (name.endsWith(beforeEdit('')) ? name.slice(0, -beforeEdit('').length) : name);

/** A NaN equals a NaN, and −0 equals 0. */
function countDifferent(a: Float32Array, b: Float32Array): number {
  return a.reduce((count, x, i) => (x === b[i] || (Number.isNaN(x) && Number.isNaN(b[i])) ? count : count + 1), 0);
}

function withValues(edit: EditNote): Edit {
  if (!('value' in edit) || typeof edit.value === 'number' || 'data' in edit.value) return edit as Edit;
  throw new FluoroscopeError(
    'edit-invalid',
    `The edit "${edit.op}" at ${edit.at} comes from a recorded trace, which holds no values of edits; run it again.`,
  );
}
