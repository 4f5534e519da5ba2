import type { FigureTable } from '../shared/figure-table';
import { visibleToken } from '../shared/text';
import { NO_NUMBERS } from './next-tokens';

export interface ListedToken {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
  readonly logit: number;
}

/** The likeliest next tokens after a position. */
export function nextTable(label: string, pos: number, next: readonly ListedToken[], output: string): FigureTable {
  return {
    caption: `What is expected after ${visibleToken(label)} (${pos})`,
    columns: ['token', 'id', 'probability', 'logit'],
    rows: next.map(({ text, id, probability, logit }) => [visibleToken(text), id, probability, logit]),
    note:
      next.length === 0
        ? NO_NUMBERS
        : `The ${next.length} likeliest tokens; probabilities are derived from the logits. The other tokens are left out.`,
    tensors: [output],
    of: { pos },
  };
}

/** The prompt's own tokens, where a trace holds no logits. */
export function promptTable(labels: readonly string[], ids: readonly number[]): FigureTable {
  return {
    caption: 'Tokens of the prompt',
    columns: ['token', 'pos', 'id'],
    rows: labels.map((label, pos) => [visibleToken(label), pos, ids[pos]!]),
  };
}
