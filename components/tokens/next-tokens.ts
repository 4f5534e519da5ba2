import type { Trace } from '../../src/index';

export interface NextToken {
  readonly id: number;
  readonly logit: number;
  /** Not a value of the pass: computed here from the logits. */
  readonly probability: number;
}

/** Why there are no likeliest tokens. */
export const NO_NUMBERS = 'The logits here hold NaN or infinities: nothing can be said of the next token.';

/**
 * The likeliest tokens after a position of batch entry 0, by a softmax (in float64) over the logits that were read; none
 * where these are not all numbers.
 */
export async function readNextTokens(trace: Trace, pos: number, count: number): Promise<NextToken[]> {
  const { data } = await trace.read(trace.program.output, { batch: 0, pos });
  const max = data.reduce((largest, logit) => Math.max(largest, logit), -Infinity);
  const total = data.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
  if (Number.isNaN(total)) return [];
  const ids = Array.from(data, (_, id) => id).sort((a, b) => data[b]! - data[a]! || a - b);
  return ids.slice(0, count).map((id) => ({ id, logit: data[id]!, probability: Math.exp(data[id]! - max) / total }));
}
