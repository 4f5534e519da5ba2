/** The formula of the logits: Σ α_k cos(w_k(a + b − c)), over all candidates c. */
import type { Recovery } from '../../src/index';

export interface Frequency {
  readonly k: number;
  readonly amplitude: number;
}

export interface Formula {
  readonly modulus: number;
  readonly frequencies: readonly Frequency[];
}

/** As a recovery card has it. */
export function formulaOf({ hypotheses }: Recovery): Formula {
  const { modulus, perFrequency } = hypotheses.find(({ name }) => name === 'fourier-addition')!.details as {
    readonly modulus: number;
    readonly perFrequency: readonly { readonly frequency: number | null; readonly amplitude: number }[];
  };
  const own = perFrequency.filter(({ frequency }) => frequency !== null);
  return { modulus, frequencies: own.map(({ frequency, amplitude }) => ({ k: frequency!, amplitude })) };
}

/** One logit per candidate, of the frequencies that are taken. */
export function logitsOf(formula: Formula, taken: ReadonlySet<number>, sum: number): number[] {
  const { modulus, frequencies } = formula;
  return Array.from({ length: modulus }, (_, c) =>
    frequencies
      .filter(({ k }) => taken.has(k))
      .reduce((total, { k, amplitude }) => total + amplitude * Math.cos((2 * Math.PI * k * (sum - c)) / modulus), 0),
  );
}

/** The largest and how far the next one lies below it. */
export function margin(logits: readonly number[]): {
  readonly first: number;
  readonly next: number;
  readonly gap: number;
} {
  const [first, next] = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
  return { first: first!, next: next!, gap: logits[first!]! - logits[next!]! };
}
