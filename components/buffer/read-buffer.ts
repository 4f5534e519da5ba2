/** What the component shows of a tensor: one slice as a matrix, or the difference from what it is compared with. */
import type { Layout, Trace } from '../../src/index';
import { holdsMasked, numberKinds } from '../../src/viewer';
import type { Question } from '../shared/run-context';
import { shownAxes, sizeAlong, type View, viewOf, type WantedView } from './axes';
import type { Comparison } from './comparisons';
import { type Cells, Pyramid } from './pyramid';

/** Has a question answered by the model that ran the trace. @throws `no-model` */
export type AskModel = <Answer>(question: Question<Answer>) => Promise<Answer>;

/** Where values come from; another one where they are to be read anew. */
export interface Origin {
  readonly trace: Trace;
  /** The one to compare with. */
  readonly other: Trace | null;
  readonly ask: AskModel;
}

/** Values with the kind of each. */
type Numbers = Pick<Cells, 'kinds'> & { readonly values: Float32Array };

/** What was read of a tensor, row-major in the same order. */
export interface ValuesRead extends Omit<Cells, 'rows' | 'cols'> {
  /** The tensor's own values. */
  readonly own: Numbers;
  /** What they are compared with; null where they are shown themselves. */
  readonly against: { readonly values: Float32Array | Float64Array; readonly bound: Float64Array | null } | null;
}

/** Those values side by side. */
export type Values = ValuesRead & Cells;

export interface Reading {
  readonly values: ValuesRead;
  readonly derived: boolean;
  /** What is really compared with. */
  readonly comparison: Comparison;
  /** Why it is not compared with what was asked for. */
  readonly problem: string | null;
}

export interface Buffer extends Reading {
  readonly name: string;
  readonly layout: Layout;
  readonly weight: boolean;
  readonly view: View;
  readonly values: Values;
  readonly pyramid: Pyramid;
  readonly origin: Origin;
}

export interface Asked extends WantedView {
  readonly tensor: string;
  readonly comparison: Comparison;
}

export function isWeight({ program: { tensors } }: Trace, name: string): boolean {
  return tensors[name]?.role === 'weight' || Object.values(tensors).some(({ part }) => part?.of === name);
}

/** The layout of a tensor or a weight. @throws `tensor-unknown` */
export function layoutOf(trace: Trace, name: string): Layout {
  if (!isWeight(trace, name)) return trace.layout(name);
  const { tensors } = trace.program;
  const parts = Object.entries(tensors).filter(([key, { part }]) => key === name || part?.of === name);
  const { axes, shape, part } = parts[0]![1];
  if (!part) return { axes, shape };
  const rows = parts.reduce((sum, [, { part }]) => sum + part!.to - part!.from, 0);
  return { axes, shape: shape.map((size, i) => (axes[i] === 'vocab' ? rows : size)) };
}

/** @throws as reading the tensor; what it cannot be compared with is said in `problem` */
export async function readBuffer(origin: Origin, asked: Asked): Promise<Buffer> {
  const { tensor: name, comparison } = asked;
  const { trace } = origin;
  const layout = layoutOf(trace, name);
  const weight = isWeight(trace, name);
  const view = viewOf(layout, asked);
  const order = shownAxes(view);
  const usual = layout.axes.filter((axis) => order.includes(axis));
  const reading: Reading =
    weight || comparison !== 'none' || usual[0] !== order[0]
      ? await (await import('./below')).readValues(origin, asked, view.fixed, order)
      : { ...plainReading(name, await trace.read(name, view.fixed)), comparison, problem: null };
  const values = { ...reading.values, rows: sizeAlong(layout, view.rows), cols: sizeAlong(layout, view.cols) };
  return { ...reading, name, layout, weight, view, values, pyramid: new Pyramid(values), origin };
}

/** Of a tensor's own values. */
export function plainReading(name: string, { data, derived }: { data: Float32Array; derived: boolean }) {
  const own = { values: data, kinds: numberKinds(data, holdsMasked(name)) };
  return { derived, values: { ...own, own, against: null } };
}
