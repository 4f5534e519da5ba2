import type { PlaceMeasures, Residual } from './read-residual';

/** A stream at one position, by its length and its angle with the final stream, in radians. */
export interface Polar {
  readonly length: number;
  readonly angle: number;
}

/** A write, and the stream that it makes. */
export interface Move {
  readonly write: PlaceMeasures;
  readonly stream: PlaceMeasures;
  /** From the stream before to the one after, with ever more of the write added. */
  readonly points: readonly Polar[];
}

const STEPS = 32;

/** One per stream of a position; the first, which comes of nothing, is a point. */
export function movesOf({ places }: Residual, pos: number): Move[] {
  const moves: Move[] = [];
  let before: PlaceMeasures | null = null;
  for (const [i, stream] of places.entries()) {
    if ((stream.kind !== 'stream' && i > 0) || Number.isNaN(stream.along[pos]!)) continue;
    const previous = places[i - 1];
    const write = previous && previous.kind !== 'stream' ? previous : stream;
    const turn = before && places.indexOf(before) >= i - 2 ? (write.turn?.[pos] ?? Number.NaN) : Number.NaN;
    moves.push({ write: i === 1 ? stream : write, stream, points: pointsOf(before, stream, turn, pos) });
    before = stream;
  }
  return moves;
}

/**
 * Of before + t·(after − before): the component along the final stream is linear in t, and its length follows from both
 * lengths and the angle between them, so that each point is exact.
 *
 * @param turn degrees; NaN: only both ends are known
 */
function pointsOf(before: PlaceMeasures | null, after: PlaceMeasures, turn: number, pos: number): Polar[] {
  const end = polar(after.length[pos]!, after.along[pos]!);
  if (!before) return [end];
  const [from, to] = [before.length[pos]!, after.length[pos]!];
  const product = from * to * Math.cos((turn * Math.PI) / 180);
  if (Number.isNaN(product)) return [polar(from, before.along[pos]!), end];
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const t = (i / STEPS) ** 2 * (3 - (2 * i) / STEPS); // Closer at both ends, where a short stream turns fast.
    const square = (1 - t) ** 2 * from ** 2 + 2 * t * (1 - t) * product + t ** 2 * to ** 2;
    return polar(Math.sqrt(Math.max(0, square)), (1 - t) * before.along[pos]! + t * after.along[pos]!);
  });
}

function polar(length: number, along: number): Polar {
  return { length, angle: length > 0 ? Math.acos(Math.max(-1, Math.min(1, along / length))) : Math.PI / 2 };
}
