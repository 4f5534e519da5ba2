import type { LensRow } from '../../src/index';

/** What the model would answer from one residual stream. */
export interface LensStream {
  /** The tensor. */
  readonly name: string;
  /** Short: `2 mid` for `blocks.2.hook_resid_mid`. */
  readonly label: string;
  /** One per position of batch entry 0, without likeliest tokens where the logits are not all numbers. The last follows the token that the model itself ranks first in the end. */
  readonly cells: readonly LensRow[];
}

export interface Lens {
  readonly labels: readonly string[];
  /** In the order of computation. */
  readonly streams: readonly LensStream[];
  /** Number of logits. */
  readonly vocab: number;
  /** Whether a layernorm stands before the unembedding. */
  readonly normalized: boolean;
}

/** The stream from which on a position's followed token is the first choice; null where it is not in the end. */
export function knownFrom({ streams }: Lens, pos: number): LensStream | null {
  let from: LensStream | null = null;
  for (const stream of streams) from = stream.cells[pos]?.followed?.rank === 0 ? (from ?? stream) : null;
  return from;
}
