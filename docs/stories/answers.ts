/** What a model answers after the last token of a pass. */
import type { Trace } from '../../src/index';

export interface Answer {
  readonly token: number;
  readonly text: string;
  /** A softmax of the last logits, in float64: the pass never held it. */
  readonly probability: number;
}

/** Probabilities of all tokens after the last one, batch entry 0. */
export async function lastProbabilities(trace: Trace): Promise<Float64Array> {
  const { data } = await trace.read(trace.program.output, { batch: 0, pos: -1 });
  const most = data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exps = Float64Array.from(data, (logit) => Math.exp(logit - most));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
}

/** The likeliest tokens, the first one first; of equally likely ones that with the smaller number. */
export function likeliest(probabilities: Float64Array, count: number, text: (token: number) => string): Answer[] {
  return [...probabilities.keys()]
    .sort((a, b) => probabilities[b]! - probabilities[a]! || a - b)
    .slice(0, count)
    .map((token) => ({ token, text: text(token), probability: probabilities[token]! }));
}

/** As a figure shows it: `50.4%`. Three digits, as the pages' text has them. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 99.95 ? value.toFixed(0) : value >= 1e-3 || value === 0 ? value.toPrecision(3) : value.toExponential(1)}%`;
}
