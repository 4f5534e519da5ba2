/** Which axes of a tensor lie on the screen, and which one slice of the rest. */
import type { Axis, Index, Layout } from '../../src/index';
import { within } from '../shared/selection';

export interface View {
  /** null: there is one row. */
  readonly rows: Axis | null;
  /** null for a tensor of rank 0. */
  readonly cols: Axis | null;
  /** Where all other axes are cut. */
  readonly fixed: Index;
}

export interface WantedView {
  readonly rows: string | null;
  readonly cols: string | null;
  readonly index: Index;
}

/**
 * The axes asked for, where the tensor has them. Unless asked for, columns are the last axis that has a size; rows are
 * the positions or the queries, else the last other axis that has a size, else `none`.
 */
export function viewOf(layout: Layout, wanted: WantedView): View {
  const { axes, shape } = layout;
  const named = (name: string | null) => axes.find((axis) => axis === name) ?? null;
  const backwards = axes.toReversed();
  const long = backwards.filter((axis) => shape[axes.indexOf(axis)]! > 1);
  const wantedRows = named(wanted.rows);
  const cols = named(wanted.cols) ?? [...long, ...backwards].find((axis) => axis !== wantedRows) ?? null;
  const preferred = axes.filter((axis) => axis === 'pos' || axis === 'query');
  const usual = wanted.rows === 'none' ? null : ([...preferred, ...long].find((axis) => axis !== cols) ?? null);
  const rows = wantedRows !== cols && wantedRows !== null ? wantedRows : usual;
  const others = axes.filter((axis) => axis !== rows && axis !== cols);
  const fixed = others.map((axis) => [axis, indexIn(wanted.index[axis], shape[axes.indexOf(axis)]!)]);
  return { rows, cols, fixed: Object.fromEntries(fixed) };
}

export function shownAxes({ rows, cols }: View): Axis[] {
  return [rows, cols].filter((axis) => axis !== null);
}

/** An index along an axis; −1 is its last, and what lies outside takes the end. */
export function indexIn(index: number | undefined, size: number): number {
  return within(index !== undefined && index < 0 ? index + size : (index ?? 0), size);
}

/** Of a tensor, without what is not shown: its size along an axis, 1 for none. */
export function sizeAlong({ axes, shape }: Layout, axis: Axis | null): number {
  return axis === null ? 1 : shape[axes.indexOf(axis)]!;
}

/** `head 3, pos -1` or `head=3 pos=-1`; what is no such pair is left out. */
export function parseIndex(text: string): Index {
  const pairs = text.matchAll(/([a-z]+)\s*[=:]?\s*(-?\d+)/g);
  return Object.fromEntries(Array.from(pairs, ([, axis, i]) => [axis, Number(i)]));
}

/** What stands at an index of an axis: a token's text, or nothing. */
export type TokenAt = (axis: Axis, i: number) => string | null;

/** `3 ·be` for a position, `17` for a neuron. */
export function axisLabel(axis: Axis | null, tokenAt: TokenAt): (i: number) => string {
  if (axis === null) return () => '';
  return (i) => {
    const token = tokenAt(axis, i);
    return token === null ? String(i) : `${i} ${token}`;
  };
}
