/** From logits to the next token: temperature, then top-k, then top-p, then one draw. In float64. */

import { FluoroscopeError } from '../errors';
import { uniform } from '../tensor/random';
import { show } from '../tensor/show';
import { topIndices } from '../tensor/top';

export interface SamplingOptions {
  /**
   * Logits are divided by it. 0 (unless given) takes the largest logit, of equal ones the token with the lower id, and
   * draws no random number.
   */
  readonly temperature?: number;
  /** Only so many tokens with the largest logits can be drawn, of equal ones those with lower ids; null: all. */
  readonly topK?: number | null;
  /**
   * Of these, only the fewest of the likeliest whose probabilities, as the temperature makes them and the tokens left
   * share them, come to at least this much; 1 (unless given): all.
   */
  readonly topP?: number;
  /** Of the random numbers: a whole number from 0 to 2³² − 1; 0 unless given. The same seed draws the same tokens. */
  readonly seed?: number;
}

export interface Candidate {
  readonly id: number;
  readonly logit: number;
  /** The model's own: softmax of the logits. */
  readonly probability: number;
  /** Of being drawn, after temperature, top-k and top-p; 0 where these have cut it off, or its logit is −Infinity. */
  readonly chance: number;
}

export interface Choice extends Candidate {
  /** How many tokens could be drawn. */
  readonly count: number;
  /** The likeliest tokens, likeliest first, of equal ones the lower id first. */
  readonly candidates: readonly Candidate[];
}

/** @throws `generation-invalid` naming the option, what it is and what is expected */
export function checkSampling(options: SamplingOptions): Required<SamplingOptions> {
  const { temperature = 0, topK = null, topP = 1, seed = 0 } = options;
  const refuse = (option: string, value: unknown, expected: string) => {
    throw new FluoroscopeError('generation-invalid', `${option} is ${show(value)}; expected ${expected}.`);
  };
  if (!(Number.isFinite(temperature) && temperature >= 0)) {
    refuse('temperature', temperature, 'a finite number from 0 on');
  }
  if (topK !== null && !(Number.isSafeInteger(topK) && topK >= 1)) refuse('topK', topK, 'a whole number from 1 on');
  if (!(Number.isFinite(topP) && topP > 0 && topP <= 1)) refuse('topP', topP, 'a number above 0, at most 1');
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    refuse('seed', seed, 'a whole number from 0 to 4294967295');
  }
  return { temperature, topK, topP, seed };
}

/** A lesser weight, of which the largest is 1, is never drawn: that of −Infinity is 0. */
const LEAST = 1e-300;

/** How many of the likeliest are looked at first; more, where the draw needs them. */
const FIRST = 64;

/**
 * Draws one token after another.
 *
 * @param listed how many candidates to list
 */
export function sampler(options: SamplingOptions, listed: number): (logits: ArrayLike<number>) => Choice {
  const { temperature, topK, topP, seed } = checkSampling(options);
  const next = uniform(seed);
  return (logits) => {
    const likeliest = likeliestFirst(logits);
    const [best] = likeliest(1);
    const most = best === undefined ? Number.NaN : logits[best]!;
    if (!Number.isFinite(most) || hasNaN(logits)) {
      throw new FluoroscopeError('generation-invalid', 'The logits hold NaN or infinities, so no token can be drawn.');
    }
    const chances =
      temperature === 0
        ? { count: 1, of: (rank: number) => Number(rank === 0) }
        : chancesOf(logits, likeliest, (logit) => Math.exp((logit - most) / temperature), topK, topP);
    const rank = temperature === 0 ? 0 : draw(next(), chances);
    let total = 0;
    for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id]! - most);
    const candidate = (rank: number): Candidate => {
      const id = likeliest(rank + 1)[rank]!;
      const logit = logits[id]!;
      return { id, logit, probability: Math.exp(logit - most) / total, chance: chances.of(rank) };
    };
    const shown = Math.min(listed, logits.length);
    return {
      ...candidate(rank),
      count: chances.count,
      candidates: Array.from({ length: shown }, (_, i) => candidate(i)),
    };
  };
}

interface Chances {
  /** How many can be drawn: the first ranks. */
  readonly count: number;
  of(rank: number): number;
}

/** @param weight of a logit, unnormalized: 1 of the largest */
function chancesOf(
  logits: ArrayLike<number>,
  likeliest: (count: number) => readonly number[],
  weight: (logit: number) => number,
  topK: number | null,
  topP: number,
): Chances {
  const at = (rank: number) => weight(logits[likeliest(rank + 1)[rank]!]!);
  const most = Math.min(topK ?? logits.length, logits.length);
  let total = 0;
  let count = 0;
  for (let i = 0; i < most; i++) {
    const one = topK === null ? weight(logits[i]!) : at(i);
    total += one;
    if (one > LEAST) count++;
  }
  if (topP < 1) {
    const possible = count;
    let sum = 0;
    count = 0;
    while (count < possible && !(sum >= topP * total)) sum += at(count++);
    total = sum;
  }
  return { count, of: (rank) => (rank < count ? at(rank) / total : 0) };
}

/** The rank at which the chances, added up from the likeliest on, first exceed a number in [0, 1). */
function draw(number: number, { count, of }: Chances): number {
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += of(rank);
    if (sum > number) return rank;
  }
  return count - 1; // Where rounding leaves the sum below the number.
}

/** The first of the ids, likeliest first, as many as are asked for; sorted no further than that. */
function likeliestFirst(logits: ArrayLike<number>): (count: number) => readonly number[] {
  let ids: readonly number[] = [];
  return (count) => {
    if (count <= ids.length || ids.length === logits.length) return ids;
    if (count <= FIRST) ids = topIndices(logits, Math.min(FIRST, logits.length));
    else ids = Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
    return ids;
  };
}

function hasNaN(logits: ArrayLike<number>): boolean {
  for (let id = 0; id < logits.length; id++) if (Number.isNaN(logits[id])) return true;
  return false;
}
