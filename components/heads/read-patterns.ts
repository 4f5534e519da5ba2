import type { Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { Matrix } from '../shared/bitmap';
import { visibleToken } from '../shared/text';
import { isCausal } from './is-causal';

/** The attention of one layer in batch entry 0. */
export interface LayerPatterns {
  readonly layer: number;
  /** The tensor that the values were read from. */
  readonly name: string;
  /** Each [query, key]; masked pairs, which the pass never compared, are NaN. */
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
      const causal = isCausal(trace, name);
      const matrices = Array.from({ length: heads }, (_, head) => {
        const values = data.slice(head * rows * cols, (head + 1) * rows * cols);
        for (let query = 0; causal && query < rows; query++) {
          values.fill(Number.NaN, query * cols + query + 1, (query + 1) * cols);
        }
        return { rows, cols, values };
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

/** The key with the largest weight in a query's row. */
export function strongestKey({ cols, values }: Matrix, query: number): number {
  let best = 0;
  for (let key = 1; key < cols; key++) {
    if (values[query * cols + key]! > values[query * cols + best]!) best = key;
  }
  return best;
}
