/** What the guide of "Find the induction head" looks at: the trace in the page, whatever the reader has made of it. */
import type { Trace } from '../../src/index';
import { lastProbabilities } from './answers';

/** A token that has come before, and the place after its last time. */
export interface Repeat {
  readonly query: number;
  readonly key: number;
}

/** Where one head looks, as means over the queries to which it applies. */
export interface HeadLook {
  readonly layer: number;
  readonly head: number;
  /** From each token to the one before. */
  readonly previous: number;
  /** From each repeated token to the one after its last time. */
  readonly induction: number;
  /** From each token but the first to the first. */
  readonly first: number;
}

/** How well the pass goes on where the text repeats. */
export interface Continuation {
  /** What came after the last token the last time; null where that has not come before. */
  readonly token: number | null;
  /** Its probability after the last token. */
  readonly probability: number;
  /** −ln p of each next token that a repeat foretells, the mean, in nats. */
  readonly loss: number;
}

export function repeatsIn(tokens: readonly number[]): Repeat[] {
  const last = new Map<number, number>();
  return tokens.flatMap((token, query) => {
    const before = last.get(token);
    last.set(token, query);
    return before === undefined ? [] : [{ query, key: before + 1 }];
  });
}

export async function looksOf(trace: Trace): Promise<HeadLook[]> {
  const tokens = trace.tokens[0]!;
  const repeats = repeatsIn(tokens);
  const names = trace.names.filter((name) => /^blocks\.\d+\.attn\.hook_pattern$/.test(name));
  const patterns = await Promise.all(names.map((name) => trace.read(name, { batch: 0 })));
  return patterns.flatMap(({ data, shape }, i) => {
    const size = tokens.length;
    const layer = Number(names[i]!.split('.')[1]);
    return Array.from({ length: shape[0]! }, (_, head) => {
      const at = (query: number, key: number) => data[(head * size + query) * size + key]!;
      const later = Array.from({ length: size - 1 }, (__, before) => before + 1);
      return {
        layer,
        head,
        previous: mean(later.map((query) => at(query, query - 1))),
        induction: mean(repeats.map(({ query, key }) => at(query, key))),
        first: mean(later.map((query) => at(query, 0))),
      };
    });
  });
}

export async function continuationOf(trace: Trace): Promise<Continuation> {
  const tokens = trace.tokens[0]!;
  const repeats = repeatsIn(tokens);
  const last = repeats.at(-1);
  const token = last?.query === tokens.length - 1 ? tokens[last.key]! : null;
  const probabilities = await lastProbabilities(trace);
  const { data, shape } = await trace.read(trace.program.output, { batch: 0 });
  const width = shape.at(-1)!;
  const foretold = repeats.filter(({ query, key }) => query + 1 < tokens.length && tokens[key] === tokens[query + 1]);
  const losses = foretold.map(({ query }) => {
    const row = data.subarray(query * width, (query + 1) * width);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const sum = row.reduce((total, logit) => total + Math.exp(logit - most), 0);
    return Math.log(sum) + most - row[tokens[query + 1]!]!;
  });
  return { token, probability: token === null ? Number.NaN : probabilities[token]!, loss: mean(losses) };
}

/** The heads that edits silence at every token, `1.0` and so on; edits of other kinds are none of these. */
export function silencedBy(edits: readonly string[]): string[] {
  return edits.flatMap((edit) => {
    const [, layer, head] = /^blocks\.(\d+)\.attn\.hook_z\[head=(\d+)\]:zero$/.exec(edit) ?? [];
    return head === undefined ? [] : [`${layer}.${head}`];
  });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
}
