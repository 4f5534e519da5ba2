/** What the component shows of a tensor: one slice as a matrix, or the difference from what it is compared with. */
import type { Axis, Index, Layout, Trace } from '../../src/index';
import { holdsMasked, numberKinds } from '../../src/viewer';
import { gather, shownAxes, sizeAlong, type View, viewOf, type WantedView } from './axes';
import { type Cells, Pyramid } from './pyramid';
import { type Comparison, isWeight, type TensorSource } from './tensor-source';

/** Values side by side, row-major in the same order. */
export interface Values extends Cells {
  /** The tensor's own values. */
  readonly own: Cells & { readonly values: Float32Array };
  /** What they are compared with; null where they are shown themselves. */
  readonly against: { readonly values: Float32Array | Float64Array; readonly bound: Float64Array | null } | null;
}

export interface Buffer {
  readonly name: string;
  readonly layout: Layout;
  readonly derived: boolean;
  readonly weight: boolean;
  readonly view: View;
  /** What is really compared with. */
  readonly comparison: Comparison;
  /** Why it is not compared with what was asked for. */
  readonly problem: string | null;
  readonly values: Values;
  readonly pyramid: Pyramid;
  /** Another one where it was read anew: what it holds may have changed. */
  readonly sourceId: number;
}

export interface Asked extends WantedView {
  readonly tensor: string;
  readonly comparison: Comparison;
}

/** The layout of a tensor or a weight. @throws `tensor-unknown` */
export function layoutOf(trace: Trace, name: string): Layout {
  const { tensors } = trace.program;
  if (!isWeight(trace, name)) return trace.layout(name);
  const parts = Object.entries(tensors).filter(([key, { part }]) => key === name || part?.of === name);
  const { axes, shape, part } = parts[0]![1];
  if (!part) return { axes, shape };
  const rows = parts.reduce((sum, [, { part }]) => sum + part!.to - part!.from, 0);
  return { axes, shape: shape.map((size, i) => (axes[i] === 'vocab' ? rows : size)) };
}

/** @throws as reading the tensor; what it cannot be compared with is said in `problem` */
export async function readBuffer(source: TensorSource, asked: Asked): Promise<Buffer> {
  const { tensor: name } = asked;
  const layout = layoutOf(source.trace, name);
  const view = viewOf(layout, asked);
  const order = shownAxes(view);
  const { values, comparison, problem, derived } = await readValues(source, asked, view.fixed, order);
  const rows = sizeAlong(layout, view.rows);
  const shaped = { ...values, rows, cols: sizeAlong(layout, view.cols) };
  return {
    name,
    layout,
    derived,
    weight: isWeight(source.trace, name),
    view,
    comparison,
    problem,
    values: shaped,
    pyramid: new Pyramid(shaped),
    sourceId: source.id,
  };
}

/** @param fixed axes to cut at an index @param order of the axes that are left */
export async function readValues(source: TensorSource, asked: Asked, fixed: Index, order: readonly Axis[]) {
  const { tensor: name } = asked;
  const tensor = await source.own(name, fixed);
  const masks = holdsMasked(name);
  const values = gather(tensor, order, fixed);
  const own = { rows: 1, cols: values.length, values, kinds: numberKinds(values, masks) };
  const plain = { derived: tensor.derived, values: { ...own, own, against: null } as Values };
  const { comparison } = asked;
  if (comparison === 'none') return { ...plain, comparison, problem: null };
  try {
    const { difference, readAgainst } = await import('./difference');
    const against = await readAgainst(source, name, fixed, comparison);
    return {
      derived: tensor.derived,
      values: difference(own, against, order, fixed, masks),
      comparison,
      problem: null,
    };
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    return { ...plain, comparison: 'none' as const, problem: (error as Error).message };
  }
}
