import type { Trace } from '../../src/index';

export interface NextToken {
  readonly id: number;
  readonly logit: number;
  /** Not a value of the pass: computed here from the logits. */
  readonly probability: number;
}

/** The likeliest tokens after a position of batch entry 0, by a softmax (in float64) over the logits that were read. */
export async function readNextTokens(trace: Trace, pos: number, count: number): Promise<NextToken[]> {
  const { data } = await trace.read(trace.program.output, { batch: 0, pos });
  const max = data.reduce((largest, logit) => Math.max(largest, logit), -Infinity);
  const total = data.reduce((sum, logit) => sum + Math.exp(logit - max), 0);
  const ids = Array.from(data, (_, id) => id).sort((a, b) => data[b]! - data[a]! || a - b);
  return ids.slice(0, count).map((id) => ({ id, logit: data[id]!, probability: Math.exp(data[id]! - max) / total }));
}
