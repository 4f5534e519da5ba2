/** What the component shows of a tensor: one slice as a matrix, or the difference from what it is compared with. */
import type { Axis, Index, Layout, Statistics, Trace } from '../../src/index';
import { FINITE, holdsMasked, NumberKind, numberKinds, statistics } from '../../src/viewer';
import { gather, shownAxes, sizeAlong, type View, viewOf, type WantedView } from './axes';
import { type Cells, Pyramid } from './pyramid';
import { type Against, type Comparison, isWeight, type TensorSource } from './tensor-source';

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
  readonly statistics: Statistics;
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
    statistics: statistics(shaped.values, { row: shaped.cols, kinds: shaped.kinds }),
    sourceId: source.id,
  };
}

/** Statistics of the whole tensor, or of the whole difference; rows are as on the screen. Offsets are in `order`. */
export async function readWhole(source: TensorSource, asked: Asked, { layout, view }: Buffer) {
  const order = [...layout.axes.filter((axis) => axis !== view.cols), ...(view.cols ? [view.cols] : [])];
  const { values } = await readValues(source, asked, {}, order);
  const row = sizeAlong(layout, view.cols);
  const shape = order.map((axis) => sizeAlong(layout, axis));
  return { order: { axes: order, shape }, statistics: statistics(values.values, { row, kinds: values.kinds }), values };
}

async function readValues(source: TensorSource, asked: Asked, fixed: Index, order: readonly Axis[]) {
  const { tensor: name } = asked;
  const tensor = await source.own(name, fixed);
  const masks = holdsMasked(name);
  const values = gather(tensor, order, fixed);
  const own = { rows: 1, cols: values.length, values, kinds: numberKinds(values, masks) };
  const plain = { derived: tensor.derived, values: { ...own, own, against: null } as Values };
  const { comparison } = asked;
  if (comparison === 'none') return { ...plain, comparison, problem: null };
  try {
    const against = await source.against(name, fixed, comparison);
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

/** The tensor minus what it is compared with, in float64. What both hide is hidden; one alone is as far as can be. */
function difference(
  own: Values['own'],
  against: Against,
  order: readonly Axis[],
  fixed: Index,
  masks: boolean,
): Values {
  const { axes, shape, data, bound } = against;
  const other = gather({ axes, shape, data }, order, fixed);
  const otherKinds = numberKinds(other, masks);
  const values = new Float64Array(own.values.length);
  for (let i = 0; i < values.length; i++) {
    const [one, two] = [own.kinds[i]!, otherKinds[i]!];
    if (one === two && (one & FINITE) === 0) values[i] = one === NumberKind.nan ? Number.NaN : 0;
    else values[i] = hidden(own.values[i]!, one) - hidden(other[i]!, two);
  }
  const kinds = numberKinds(values);
  for (let i = 0; i < kinds.length; i++) {
    if (own.kinds[i] === NumberKind.masked && otherKinds[i] === NumberKind.masked) kinds[i] = NumberKind.masked;
  }
  const bounds = bound && gather({ axes, shape, data: bound }, order, fixed);
  return { rows: 1, cols: values.length, values, kinds, own, against: { values: other, bound: bounds } };
}

function hidden(value: number, kind: number): number {
  return kind === NumberKind.masked ? -Infinity : value;
}
