/** A comparison from the answers of a recording: it comes with the first recording that holds one. */
import type { Trace } from '../../src/viewer';
import type { Check } from '../shared/answers';
import { type HeldMap, type HeldPass, heldKey, type Written, writtenTensor } from './held';
import { mapsCheck, passCheck } from './held-check';
import { type Align, type PairKind, pairingOf } from './pair';
import { type Chosen, type Compared, type Overview, shownTensor } from './read-compared';
import { mapOf, type PairedTensor } from './read-map';
import { textsIn } from './token-text';

interface Held extends Chosen {
  /** The other prompt; null: the trace's own without its edits. */
  readonly other: string | null;
}

type AskFor = <Answer>(key: string, check: Check) => Promise<Answer>;

/** @throws as `askFor`, which the recording answers: `no-model` for a pass that it does not hold, `trace-invalid` */
export async function readHeld(trace: Trace, held: Held, askFor: AskFor): Promise<Compared> {
  const { kind, align, tensor, other } = held;
  const overview =
    held.overview ?? overviewOf(trace, await askFor<HeldPass>(heldKey(align, other), passCheck(trace)), kind, align);
  const name = shownTensor(trace, overview, tensor)!;
  const key = heldKey(align, other, name);
  if (!trace.answers!.has(key)) return { ...overview, kind, shown: null, lacking: name };
  const { count } = overview.pairing;
  const own = writtenTensor(trace, name)!;
  const maps = await askFor<HeldMap[]>(key, mapsCheck(own, count));
  return { ...overview, kind, shown: pairedOf(name, own, maps, count), lacking: null };
}

function overviewOf(
  trace: Trace,
  { tokens, labels, tensors, next, texts }: HeldPass,
  kind: PairKind,
  align: Align,
): Overview {
  const other = { tokens: [tokens], labels: [labels] };
  const [left, right] = kind === 'edits' ? [other, trace] : [trace, other];
  const pairing = pairingOf(left, right, align);
  return {
    ...{ pairing, tensors, next, sameWeights: true },
    texts: new Map([...texts, ...[left, right].flatMap(textsIn)]),
  };
}

function pairedOf(tensor: string, { axes, shape }: Written, held: readonly HeldMap[], count: number): PairedTensor {
  const square = axes.includes('query');
  const values = (side: HeldMap['left']) => Float32Array.from(side, (value) => value ?? Number.NaN);
  const of = square ? count : shape.at(-1)!;
  const maps = held.map(({ rows, left, right }) =>
    mapOf(values(left), values(right), count, rows, of, (i) => left[i] === null),
  );
  return {
    ...{ tensor, derived: false },
    rowAxis: square ? 'query' : axes.at(-1)!,
    heads: axes.includes('head') ? maps.length : null,
    probability: tensor.endsWith('hook_pattern'),
    map: (head) => maps[head]!,
  };
}
