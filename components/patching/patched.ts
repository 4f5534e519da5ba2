/** What patching one prompt into another has found, as plain JSON: a recording carries it. */
import type { MetricChoice, PatchSite } from '../../src/index';
import { answerKey, type Check, flag, index, list, nullable, number, record, text } from '../shared/answers';

export interface PatchRequest {
  /** Token ids. */
  readonly corrupted: readonly number[];
  readonly at: PatchSite;
  readonly metric: MetricChoice['metric'];
  /** As typed; empty: what the prompt's run finds likeliest at its end. */
  readonly answer: string;
  readonly wrong: string;
}

export interface PatchedPrompts {
  readonly request: PatchRequest;
  readonly tokens: readonly number[];
  readonly cleanLabels: readonly string[];
  readonly corruptedLabels: readonly string[];
  readonly weightsHash: string;
  readonly metricName: string;
  readonly unit: string;
  /** Text of the tokens that the metric compares; null where it has none. */
  readonly answer: string | null;
  readonly wrong: string | null;
  /** The layers, and where the site has them the heads, that the patches were made in. */
  readonly layers: readonly number[];
  readonly heads: readonly number[] | null;
  /** The metric of each prompt. */
  readonly clean: number;
  readonly corrupted: number;
  /** The metric, and the part of the difference that is restored: row-major by layer, head and position; NaN: not run. */
  readonly values: readonly number[];
  readonly restored: readonly number[];
  /** Patches that were run, of `total`. */
  readonly done: number;
  readonly total: number;
  readonly complete: boolean;
}

/** What the recorded patches of a prompt of this length must hold. */
export function patchedCheck(length: number): Check {
  const tokens = list(index, length);
  const labels = list(text, length);
  const members = record({
    request: record({ corrupted: tokens, at: text, metric: text, answer: text, wrong: text }),
    ...{ tokens, cleanLabels: labels, corruptedLabels: labels, weightsHash: text, metricName: text, unit: text },
    ...{ answer: nullable(text), wrong: nullable(text), layers: list(index), heads: nullable(list(index)) },
    ...{ clean: number, corrupted: number, done: index, total: index, complete: flag },
  });
  return (value, at) => {
    const wrong = members(value, at);
    if (wrong !== null) return wrong;
    const { layers, heads } = value as PatchedPrompts;
    const numbers = list(number, layers.length * (heads?.length ?? 1) * length);
    return record({ values: numbers, restored: numbers })(value, at);
  };
}

/** Names the question among a recording's answers. */
export function patchingKey(
  asked: Readonly<Record<'corrupted' | 'at' | 'metric' | 'answer' | 'wrong', string | null>>,
) {
  return answerKey('patching', { ...asked, answer: asked.answer || null, wrong: asked.wrong || null });
}
