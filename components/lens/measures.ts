/** What the colours of the lens can be. */
import type { LensRow } from '../../src/index';
import type { Matrix } from '../shared/bitmap';
import { formatPercent, formatShort, formatValue } from '../shared/text';
import type { Lens } from './lens-data';

export type Measure = 'probability' | 'rank' | 'entropy' | 'kl';

interface MeasureOf {
  readonly label: string;
  /** undefined is a void. */
  readonly value: (cell: LensRow) => number | undefined;
  /** The value at which the colours begin or end; the greatest that occurs unless given. */
  readonly ends: (lens: Lens) => readonly [min: number, max?: number];
  /** A value of `value` in words. */
  readonly legend: (value: number) => string;
}

export const measures: Readonly<Record<Measure, MeasureOf>> = {
  probability: {
    label: 'Probability of the next token',
    value: ({ followed }) => followed?.probability,
    ends: () => [0, 1],
    legend: String,
  },
  rank: {
    label: 'Rank of the next token',
    // Ranks 0 and 1 differ as much as 500 and 1000 do; the first is the strongest colour.
    value: ({ followed }) => (followed ? -Math.log1p(followed.rank) : undefined),
    ends: ({ vocab }) => [-Math.log(vocab), 0],
    legend: (value) => `rank ${Math.round(Math.expm1(-value))}`,
  },
  entropy: {
    label: 'Entropy',
    value: ({ entropy }) => entropy,
    ends: ({ vocab }) => [0, Math.log(vocab)],
    legend: (value) => (value === 0 ? '0' : `${formatShort(value)} nats`),
  },
  kl: {
    label: 'KL to the end',
    value: ({ kl }) => kl,
    ends: () => [0],
    legend: (value) => (value === 0 ? '0' : `${formatShort(value)} nats`),
  },
};

/** An attribute may hold anything. */
export function isMeasure(text: string): text is Measure {
  return Object.hasOwn(measures, text);
}

export interface Colored {
  readonly matrix: Matrix;
  readonly min: number;
  readonly max: number;
}

export function colored(lens: Lens, measure: Measure): Colored {
  const { value, ends } = measures[measure];
  const own = lens.streams.flatMap(({ cells }) =>
    cells.map((cell) => (cell.top.length > 0 ? value(cell) : Number.NaN)),
  );
  const values = own.map((one) => one ?? Number.NaN);
  const isVoid = (i: number) => own[i] === undefined;
  const [min, max = values.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), min)] =
    ends(lens);
  return { matrix: { rows: lens.streams.length, cols: lens.labels.length, values, isVoid }, min, max };
}

/** All that a cell holds, as text. */
export function measured({ followed, entropy, kl }: LensRow) {
  return {
    probability: followed ? formatPercent(followed.probability) : '–',
    rank: followed ? String(followed.rank) : '–',
    entropy: `${formatValue(entropy)} nats`,
    kl: `${formatValue(kl)} nats`,
  };
}
