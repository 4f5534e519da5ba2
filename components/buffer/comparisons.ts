/** What there is to choose: tensors that are weights, and what a tensor may be compared with. */
import type { Trace } from '../../src/index';

export const comparisons = {
  none: 'nothing',
  other: 'another trace',
  float64: 'float64 on the same inputs',
  before: 'itself before an edit',
} as const;
export type Comparison = keyof typeof comparisons;

export function isComparison(text: string | null): text is Comparison {
  return text !== null && Object.hasOwn(comparisons, text);
}

/** Weights by name, in the order in which the program reads them; one that is split is one. */
export function weightNames({ program }: Trace): string[] {
  const weights = Object.entries(program.tensors).filter(([, { role }]) => role === 'weight');
  return [...new Set(weights.map(([name, { part }]) => part?.of ?? name))];
}
