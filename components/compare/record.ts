/** Has a trace hold a comparison, so that its recording shows it without the other pass. */
import type { Trace } from '../../src/viewer';
import type { Matrix } from '../shared/bitmap';
import { type HeldMap, type HeldPass, heldKey } from './held';
import { ALIGNS, type PairKind } from './pair';
import { type Compared, readCompared } from './read-compared';
import type { PairedTensor } from './read-map';

interface Recording {
  readonly kind: PairKind;
  /** The other prompt; null: the trace's own without its edits. */
  readonly other: string | null;
  /** Whose maps are held; null: the one that is shown where none is chosen. */
  readonly tensors: readonly (string | null)[];
  readonly text: ((id: number) => string) | null;
}

/** @param trace whose recording is to hold it: either of the two */
export async function recordPair(
  trace: Trace,
  [left, right]: readonly [Trace, Trace],
  { kind, other, tensors, text }: Recording,
  signal: AbortSignal,
): Promise<void> {
  const aside = kind === 'edits' ? left : right;
  for (const align of left.program.pos === right.program.pos ? (['start'] as const) : ALIGNS) {
    let read: Compared | null = null;
    const named = new Set<number>();
    for (const tensor of tensors) {
      read = await readCompared(left, right, { kind, align, tensor, overview: read }, signal);
      const { shown } = read;
      if (!shown) continue;
      trace.answers!.set(heldKey(align, other, shown.tensor), heldMaps(shown));
      if (shown.tensor === trace.program.output) for (const id of shown.map(0).rows) named.add(id);
    }
    const { tensors: compared, next } = read!;
    for (const expected of next ?? []) for (const { id } of expected) named.add(id);
    const pass: HeldPass = {
      ...{ tokens: aside.tokens[0]!, labels: aside.labels[0]!, tensors: compared, next },
      texts: text ? Array.from(named, (id) => [id, text(id)]) : [],
    };
    trace.answers!.set(heldKey(align, other), pass);
  }
}

function heldMaps({ heads, map }: PairedTensor): HeldMap[] {
  return Array.from({ length: heads ?? 1 }, (_, head) => {
    const { rows, left, right } = map(head);
    return { rows, left: heldValues(left), right: heldValues(right) };
  });
}

/** Each f32 in nine digits, which give it back to the bit. */
function heldValues({ values, isVoid }: Matrix): (number | null)[] {
  const shortened = (value: number) => (value === 0 ? value : Number(value.toPrecision(9)));
  return Array.from(values, (value, i) => (isVoid?.(i) ? null : shortened(value)));
}
