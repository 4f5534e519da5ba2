import { type ComparedTensor, compareTensors, type Trace } from '../../src/viewer';
import { type Align, type Pairing, type PairKind, pairingOf } from './pair';
import { type PairedTensor, readMap } from './read-map';
import { type ExpectedToken, readNext } from './read-next';
import { textsIn } from './token-text';

/** What is compared apart from the tensor that is drawn: read once for a pair. */
export interface Overview {
  readonly pairing: Pairing;
  /** In the order of computation. */
  readonly tensors: readonly ComparedTensor[];
  /** By shared position; null where the logits cannot be compared. */
  readonly next: readonly (readonly ExpectedToken[])[] | null;
  /** Texts of tokens that either side knows, by their ids. */
  readonly texts: ReadonlyMap<number, string>;
  /** Whether both ran on the same weights. */
  readonly sameWeights: boolean;
}

export interface Compared extends Overview {
  readonly kind: PairKind;
  /** null where both hold no tensor of the same shape, or a recording does not hold that tensor's maps. */
  readonly shown: PairedTensor | null;
  /** The tensor whose maps a recording does not hold. */
  readonly lacking: string | null;
}

export interface Chosen {
  readonly kind: PairKind;
  readonly align: Align;
  /** As selected; the pass's output where both do not hold it. */
  readonly tensor: string | null;
  /** What was read of this pair before. */
  readonly overview: Overview | null;
}

export async function readCompared(left: Trace, right: Trace, chosen: Chosen, signal: AbortSignal): Promise<Compared> {
  const overview = chosen.overview ?? (await readOverview(left, right, chosen.align, signal));
  const tensor = shownTensor(left, overview, chosen.tensor);
  const shown = tensor === undefined ? null : await readMap(left, right, tensor, overview.pairing);
  return { ...overview, kind: chosen.kind, shown, lacking: null };
}

/** The chosen one, the pass's output, or the last. */
export function shownTensor({ program }: Trace, { tensors }: Overview, chosen: string | null): string | undefined {
  const own = chosen === null ? null : (program.aliases[chosen] ?? chosen);
  const names = tensors.map(({ tensor }) => tensor);
  return names.find((name) => name === own) ?? names.find((name) => name === program.output) ?? names.at(-1);
}

async function readOverview(left: Trace, right: Trace, align: Align, signal: AbortSignal): Promise<Overview> {
  const pairing = pairingOf(left, right, align);
  const tensors = await compareTensors(left, right, pairing, signal);
  return {
    ...{ pairing, tensors, texts: new Map([left, right].flatMap(textsIn)) },
    next: await readNext(left, right, pairing),
    sameWeights: left.info.weightsHash === right.info.weightsHash,
  };
}
