/** Which number is asked for. */
import type { Axis, Index, Layout } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import { type Selection, within } from '../shared/selection';

/** One number of one tensor. */
export interface Place {
  readonly tensor: string;
  /** Axes that are missing are chosen. */
  readonly index: Index;
}

/** The index that a selection points at along the axes of a tensor; what it says nothing about is the first. */
export function selectedIndex(layout: Layout, { pos, head, neuron, query, key }: Selection): Index {
  const chosen: Partial<Record<Axis, number>> = { pos, query, key: key ?? query, head, neuron: neuron ?? 0 };
  const along = layout.axes.flatMap((axis, i): [Axis, number][] =>
    axis === 'vocab' ? [] : [[axis, within(chosen[axis] ?? 0, layout.shape[i]!)]],
  );
  return Object.fromEntries(along);
}

/** An index in the form that `parseIndex` reads, the same whatever the order of its axes. */
export function indexText(index: Index): string {
  const entries = Object.entries(index).map(([axis, i]) => `${axis} ${i}`);
  return entries.sort().join(', ');
}

/**
 * An index as an attribute holds it: `pos 3, head 1`; `=` and `:` may stand for the spaces.
 *
 * @throws `slice-invalid` naming the piece that is none
 */
export function parseIndex(text: string): Index {
  const pieces = text.split(',').filter((piece) => piece.trim() !== '');
  const entries = pieces.map((piece) => {
    const match = /^\s*([a-z]+)\s*[\s=:]\s*(-?\d+)\s*$/.exec(piece);
    if (match) return [match[1], Number(match[2])] as const;
    throw new FluoroscopeError(
      'slice-invalid',
      `"${piece.trim()}" is no index: write an axis and a number for each, such as pos 3, head 1.`,
    );
  });
  return Object.fromEntries(entries);
}
