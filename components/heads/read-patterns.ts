import type { Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { Matrix } from '../shared/bitmap';
import { visibleToken } from '../shared/text';
import { comesLater, isCausal } from './is-causal';

/** The attention of one layer in batch entry 0. */
export interface LayerPatterns {
  readonly layer: number;
  /** The tensor that the values were read from. */
  readonly name: string;
  /** Each [query, key]; masked pairs, which the pass never compared, are voids. */
  readonly heads: readonly Matrix[];
}

export interface Patterns {
  readonly labels: readonly string[];
  /** The same with what is invisible made visible. */
  readonly texts: readonly string[];
  readonly layers: readonly LayerPatterns[];
  /** [row][head] */
  readonly heads: readonly (readonly Matrix[])[];
  /** The layer of each row. */
  readonly numbers: readonly number[];
}

/** Several times as many as the largest models have: each is a picture. */
const MOST = 2 ** 14;

/** Reads the patterns of all layers that the trace holds, in one tick: one round trip. */
export async function readPatterns(trace: Trace): Promise<Patterns> {
  const names = trace.names.filter((name) => /^blocks\.\d+\.attn\.hook_pattern$/.test(name));
  const count = names.length && names.length * trace.layout(names[0]!).shape[1]!;
  if (count > MOST) {
    throw new FluoroscopeError('limit-exceeded', `${count} heads are more than can be shown: ${MOST}.`);
  }
  const layers = await Promise.all(
    names.map(async (name) => {
      const { data, shape } = await trace.read(name, { batch: 0 });
      const [heads, rows, cols] = shape as [number, number, number];
      const isVoid = isCausal(trace, name) ? (i: number) => comesLater(i, cols) : undefined;
      const matrices = Array.from({ length: heads }, (_, head) => {
        const values = data.subarray(head * rows * cols, (head + 1) * rows * cols);
        return { rows, cols, values, isVoid };
      });
      return { layer: Number(name.split('.')[1]), name, heads: matrices };
    }),
  );
  const labels = trace.labels[0] ?? [];
  return {
    labels,
    texts: labels.map(visibleToken),
    layers,
    heads: layers.map(({ heads }) => heads),
    numbers: layers.map(({ layer }) => layer),
  };
}

/** null where the pair is masked. */
export function weightAt({ cols, values, isVoid }: Matrix, query: number, key: number): number | null {
  const i = query * cols + key;
  return isVoid?.(i) ? null : values[i]!;
}

/** The key with the largest weight in a query's row. */
export function strongestKey({ cols, values }: Matrix, query: number): number {
  let best = 0;
  for (let key = 1; key < cols; key++) {
    if (values[query * cols + key]! > values[query * cols + best]!) best = key;
  }
  return best;
}
