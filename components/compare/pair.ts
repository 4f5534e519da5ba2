import type { SharedPositions, Trace } from '../../src/viewer';

/** `edits`: a prompt without and with edits; `prompt`: two prompts on one model; `traces`: any two. */
export type PairKind = 'edits' | 'prompt' | 'traces';

/** What is on either side. */
export const sideNames: Readonly<Record<PairKind, readonly [string, string]>> = {
  edits: ['clean', 'edited'],
  prompt: ['this prompt', 'other prompt'],
  traces: ['this trace', 'other trace'],
};

/** Positions are paired one by one, from the first tokens on or from the last ones back. */
export const ALIGNS = ['start', 'end'] as const;
export type Align = (typeof ALIGNS)[number];

/** As much of a trace as pairing takes. */
export type Tokens = Pick<Trace, 'tokens' | 'labels'>;

export interface Pairing extends SharedPositions {
  readonly align: Align;
  /** Tokens of both sides at the shared positions. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** How many tokens each side has. */
  readonly lengths: readonly [number, number];
  /** Whether both have the same tokens, all of them. */
  readonly sameTokens: boolean;
}

export function pairingOf(left: Tokens, right: Tokens, align: Align): Pairing {
  const [one, other] = [left.tokens[0]!, right.tokens[0]!];
  const lengths = [one.length, other.length] as const;
  const count = Math.min(...lengths);
  const [first, second] = lengths.map((length) => (align === 'end' ? length - count : 0)) as [number, number];
  return {
    ...{ align, first, second, count, lengths },
    left: left.labels[0]!.slice(first, first + count),
    right: right.labels[0]!.slice(second, second + count),
    sameTokens: String(one) === String(other),
  };
}

export function alignOf(text: string | null): Align {
  return text === 'end' ? 'end' : 'start';
}
