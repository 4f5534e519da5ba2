import type { Part } from '../../src/index';
import type { LikelyToken } from '../shared/token-list';

export interface AttributionQuestion {
  readonly pos: number;
  /** As typed; empty for the model's first choice. */
  readonly token: string;
  /** As typed; empty for none. */
  readonly minus: string;
  /** The layer whose MLP is taken neuron by neuron. */
  readonly neurons: number | null;
  /** How many of its neurons are shown. */
  readonly top: number;
}

/** What is drawn as one bar. */
export interface Bar extends Omit<Part, 'kind'> {
  /** `rest`: the neurons that are not shown one by one. */
  readonly kind: Part['kind'] | 'rest';
  readonly label: string;
  /** Logits. */
  readonly value: number;
}

/** A token that was asked for, or the sentence on why there is none. */
export interface Chosen {
  readonly id: number | null;
  readonly text: string;
  readonly problem: string | null;
}

export interface AttributionData {
  readonly labels: readonly string[];
  readonly pos: number;
  readonly token: Chosen & { readonly id: number };
  readonly minus: Chosen;
  /** In the order of computation. */
  readonly bars: readonly Bar[];
  /** Number of parts that are summed. */
  readonly count: number;
  readonly sum: number;
  readonly logit: number;
  readonly gap: number;
  readonly bound: number;
  /** Layers whose MLP can be taken apart; none in an attention-only model. */
  readonly mlps: readonly number[];
  /** The one that is. */
  readonly neurons: number | null;
  /** The likeliest tokens at the position; none where its logits are not all numbers. */
  readonly likely: readonly LikelyToken[];
}

export function byLargest(one: Bar, other: Bar): number {
  const [size, less] = [other, one].map(({ value }) => (Number.isNaN(value) ? Infinity : Math.abs(value)));
  return size! - less! || 0; // Both may be infinite.
}
