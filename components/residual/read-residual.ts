import { heldAs, type Trace } from '../../src/viewer';
import { type Place, placesOf } from './places';

/** What the stream and the writes into it are at each position of batch entry 0, in float64 on values of the pass. */
export interface Measures {
  /** Euclidean length, in the stream's units. */
  readonly length: Float64Array;
  /** Component along the final stream of the same position. */
  readonly along: Float64Array;
  /** Cosine of the angle with the final stream; NaN where there is no direction. */
  readonly cosine: Float64Array;
  /** Degrees by which a write turns the stream; null where the stream before or after it is not held. */
  readonly turn: Float64Array | null;
}

export interface PlaceMeasures extends Place, Measures {}

export interface Residual {
  readonly labels: readonly string[];
  /** In the order of computation. */
  readonly places: readonly PlaceMeasures[];
  /** The stream that the others are compared with: the last one that the trace holds. */
  readonly final: PlaceMeasures;
  /** Whether it is the last of the pass. */
  readonly complete: boolean;
  /** Further names of tensors. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Places that the trace does not hold. */
  readonly missing: readonly string[];
}

/** Reads the whole stream in one tick: one round trip. null: the trace holds no residual stream. */
export async function readResidual(trace: Trace): Promise<Residual | null> {
  const all = placesOf(trace.program);
  const held = all.filter(({ tensor, minus }) => heldAs(trace, tensor) && (!minus || heldAs(trace, minus)));
  const last = held.findLast(({ kind }) => kind === 'stream');
  if (!last) return null;
  const vectors = await Promise.all(held.map((place) => readPlace(trace, place)));
  const pos = trace.program.pos;
  const final = vectors[held.indexOf(last)]!;
  const places = held.map((place, i) => {
    const at = all.indexOf(place);
    // A write stands right before the stream that it makes, and right after the one that it is added to.
    const [before, after] = [all[at - 1], all[at + 1]].map((one) => vectors[held.indexOf(one!)]);
    const turns = place.kind !== 'stream' && before && after;
    return {
      ...place,
      ...measure(vectors[i]!, final, pos),
      turn: turns ? anglesBetween(before, after, pos) : null,
    };
  });
  return {
    labels: trace.labels[0]!,
    places,
    final: places[held.indexOf(last)]!,
    aliases: trace.program.aliases,
    complete: last === all.at(-1),
    missing: all.filter((place) => !held.includes(place)).map(({ key }) => key),
  };
}

/** [pos, model] */
async function readPlace(trace: Trace, { tensor, minus }: Place): Promise<ArrayLike<number>> {
  const [value, taken] = await Promise.all(
    [tensor, ...(minus ? [minus] : [])].map((name) => trace.read(heldAs(trace, name)!, { batch: 0 })),
  );
  return taken ? Float64Array.from(value!.data, (x, i) => x - taken.data[i]!) : value!.data;
}

function measure(vectors: ArrayLike<number>, final: ArrayLike<number>, pos: number): Omit<Measures, 'turn'> {
  const width = final.length / pos;
  const [length, along, cosine] = [new Float64Array(pos), new Float64Array(pos), new Float64Array(pos)];
  for (let p = 0; p < pos; p++) {
    const norm = Math.sqrt(dot(final, final, p, width));
    length[p] = Math.sqrt(dot(vectors, vectors, p, width));
    along[p] = norm > 0 ? dot(vectors, final, p, width) / norm : Number.NaN;
    cosine[p] = length[p]! > 0 ? Math.max(-1, Math.min(1, along[p]! / length[p]!)) : Number.NaN;
  }
  return { length, along, cosine };
}

/**
 * Degrees, exact for small angles too: 2·atan2(|â − b̂|, |â + b̂|) (Kahan, "How Futile are Mindless Assessments of
 * Roundoff in Floating-Point Computation?", section 12).
 */
function anglesBetween(a: ArrayLike<number>, b: ArrayLike<number>, pos: number): Float64Array {
  const width = a.length / pos;
  return Float64Array.from({ length: pos }, (_, p) => {
    const [left, right] = [Math.sqrt(dot(a, a, p, width)), Math.sqrt(dot(b, b, p, width))];
    let [difference, sum] = [0, 0];
    for (let i = p * width; i < (p + 1) * width; i++) {
      const [x, y] = [a[i]! / left, b[i]! / right];
      difference += (x - y) ** 2;
      sum += (x + y) ** 2;
    }
    return (360 / Math.PI) * Math.atan2(Math.sqrt(difference), Math.sqrt(sum));
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, row: number, width: number): number {
  let sum = 0;
  for (let i = row * width; i < (row + 1) * width; i++) sum += a[i]! * b[i]!;
  return sum;
}
