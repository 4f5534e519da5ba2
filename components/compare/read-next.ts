import { readPositions, type Trace } from '../../src/viewer';
import type { Pairing } from './pair';

/** A token that one of the sides expects. */
export interface ExpectedToken {
  readonly id: number;
  /** Derived on both sides, by a softmax in float64 over the logits that were read; NaN where they are not all numbers. */
  readonly probabilities: readonly [number, number];
  readonly logits: readonly [number, number];
}

/** How many of either side. */
export const SHOWN = 5;

/**
 * The likeliest tokens of either side after each shared position, of a side whose logits there are not all numbers none;
 * null where one holds no logits, or of another size.
 */
export async function readNext(left: Trace, right: Trace, pairing: Pairing): Promise<ExpectedToken[][] | null> {
  const { output } = left.program;
  if (!left.names.includes(output) || !right.names.includes(output)) return null;
  const { first, second, count } = pairing;
  const [one, other] = await Promise.all([
    readPositions(left, output, first, count),
    readPositions(right, output, second, count),
  ]);
  const width = one.shape.at(-1)!;
  if (width !== other.shape.at(-1)!) return null;
  return Array.from({ length: count }, (_, pos) => {
    const [a, b] = [one, other].map(({ data }) => data.subarray(pos * width, (pos + 1) * width));
    return expected(a!, b!);
  });
}

function expected(a: Float32Array, b: Float32Array): ExpectedToken[] {
  const [p, q] = [a, b].map(probabilitiesOf);
  const told = [a, b].filter((_, side) => !Number.isNaN([p, q][side]!(0)));
  const ids = [...new Set(told.flatMap(likeliest))];
  const tokens = ids.map((id) => ({
    id,
    probabilities: [p!(id), q!(id)] as const,
    logits: [a[id]!, b[id]!] as const,
  }));
  const most = ({ probabilities: [p, q] }: ExpectedToken) => Math.max(p || 0, q || 0);
  return tokens.sort((x, y) => most(y) - most(x) || x.id - y.id);
}

function probabilitiesOf(logits: Float32Array): (id: number) => number {
  const max = logits.reduce((largest, logit) => Math.max(largest, logit), -Infinity);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
  return (id) => Math.exp(logits[id]! - max) / total;
}

/** Without sorting a vocabulary at every position. */
function likeliest(logits: Float32Array): number[] {
  const best: number[] = [];
  for (const [id, logit] of logits.entries()) {
    if (best.length === SHOWN && !(logit > logits[best.at(-1)!]!)) continue;
    const at = best.findIndex((one) => logit > logits[one]!);
    best.splice(at < 0 ? best.length : at, 0, id);
    if (best.length > SHOWN) best.pop();
  }
  return best;
}
