/** One measure of the stream and its writes at every token, as a map. */
import type { Matrix } from '../shared/bitmap';
import { type ColorScale, diverging, sequential } from '../shared/colors';
import { formatShort } from '../shared/text';
import type { Measure } from './measures';
import type { Residual } from './read-residual';

export interface MeasureMap {
  readonly matrix: Matrix;
  readonly scale: ColorScale;
  readonly min: number;
  readonly max: number;
  /** What stands at both ends of the legend. */
  readonly ends: readonly [string, string];
  /** The value behind a colour, in words. */
  readonly words: (value: number) => string;
}

/** One map per trace and measure, so that its image is kept. */
const maps = new WeakMap<Residual, Map<Measure, MeasureMap>>();

export function measureMap(data: Residual, measure: Measure): MeasureMap {
  let own = maps.get(data);
  if (!own) maps.set(data, (own = new Map()));
  let map = own.get(measure);
  if (!map) own.set(measure, (map = build(data, measure)));
  return map;
}

function build({ places, labels }: Residual, measure: Measure): MeasureMap {
  const values = places.flatMap((place) => [...(place[measure] ?? labels.map(() => Number.NaN))]);
  const isVoid = (i: number) => Number.isNaN(values[i]);
  const matrix = { rows: places.length, cols: labels.length, values, isVoid };
  const largest = Math.max(Number.MIN_VALUE, ...values.filter(Number.isFinite).map(Math.abs));
  switch (measure) {
    case 'length':
      return lengths(matrix, largest);
    case 'turn': {
      const words = (value: number) => `${value.toFixed(1)}°`;
      return { matrix, scale: sequential, min: 0, max: largest, ends: ['0°', words(largest)], words };
    }
    case 'along':
      return { matrix, scale: diverging, min: -largest, max: largest, ends: ends(largest), words: formatShort };
    case 'cosine':
      return { matrix, scale: diverging, min: -1, max: 1, ends: ['−1', '1'], words: formatShort };
  }
}

const ends = (largest: number): readonly [string, string] => [formatShort(-largest), formatShort(largest)];

/** Lengths differ by orders of magnitude, above all at the first token: colours go by their logarithm. */
function lengths({ rows, cols, values }: Matrix, largest: number): MeasureMap {
  const logs = Array.from(values, Math.log10);
  const least = Math.min(largest, ...Array.from(values).filter((value) => value > 0));
  return {
    matrix: { rows, cols, values: logs, isVoid: (i) => values[i] === 0 },
    scale: sequential,
    min: Math.log10(least),
    max: Math.log10(largest),
    ends: [formatShort(least), `${formatShort(largest)}, logarithmic`],
    words: (value) => (value === -Infinity ? '0' : formatShort(10 ** value)),
  };
}
