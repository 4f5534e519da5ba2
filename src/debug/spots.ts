/** From names and indices to elements of buffers, and back. */
import { FluoroscopeError } from '../errors';
import { nearest } from '../program/nearest';
import { type ForwardProgram, hookNames, resolve, type Tensor } from '../program/program';
import { type Axis, describeLayout, type Index, indexAt, type Layout, stridesOf } from '../tensor/layout';
import { type Slice, select } from '../tensor/slice';

export const TOKENS = 'tokens';

/** An element of a tensor of the program, which is a part where a weight is split. */
export interface Element {
  readonly key: string;
  readonly offset: number;
}

/** The axes of a tensor in the order in which they lie in memory. */
export function inMemory({ axes, shape, stored = axes }: Tensor): Layout {
  return { axes: stored, shape: stored.map((axis) => shape[axes.indexOf(axis)]!) };
}

/**
 * The element behind a name and an index.
 *
 * @throws `tensor-unknown` with the nearest names, `slice-invalid` naming the axis, the index and the size
 */
export function elementOf(program: ForwardProgram, name: string, index: Index): Element {
  const tensor = resolve(program, name);
  const whole = layoutIn(program, tensor);
  if (!whole) {
    const weights = Object.entries(program.tensors).filter(([, { role }]) => role === 'weight');
    const names = [TOKENS, ...hookNames(program), ...weights.map(([key, { part }]) => part?.of ?? key)];
    const near = nearest(name, [...new Set(names)]).join(', ');
    throw new FluoroscopeError('tensor-unknown', `This run has no tensor named ${name}. Near it: ${near}.`);
  }
  const place = checked(name, whole, index);
  const [key, { part }] = Object.entries(program.tensors).find(
    ([candidate, { part }]) =>
      candidate === tensor || (part?.of === tensor && part.from <= place.vocab! && place.vocab! < part.to),
  )!;
  const from = part && key !== tensor ? part.from : 0;
  const { axes, shape } = inMemory(program.tensors[key]!);
  const strides = stridesOf(shape);
  const along = (axis: Axis) => place[axis]! - (axis === 'vocab' ? from : 0);
  return { key, offset: axes.reduce((offset, axis, i) => offset + along(axis) * strides[i]!, 0) };
}

/** What a reader calls an element: a split weight by its whole, the index in the order of the tensor's named axes. */
export function nameOf(program: ForwardProgram, { key, offset }: Element): { tensor: string; index: Index } {
  const tensor = program.tensors[key]!;
  const index: Partial<Record<Axis, number>> = { ...indexAt(inMemory(tensor), offset) };
  if (tensor.part) index.vocab! += tensor.part.from;
  return { tensor: tensor.part?.of ?? key, index: Object.fromEntries(tensor.axes.map((axis) => [axis, index[axis]!])) };
}

/** The slice of an activation that consists of `count` elements from `from` on, `stride` apart, where there is one. */
export function sliceOf(
  layout: Layout,
  { from, count, stride }: { from: number; count: number; stride: number },
): Slice {
  const [first, last] = [indexAt(layout, from), indexAt(layout, from + (count - 1) * stride)];
  const along = (axis: Axis) => {
    const [low, high] = [first[axis]!, last[axis]!];
    return low === high ? low : ([low, high + 1] as const);
  };
  return Object.fromEntries(layout.axes.map((axis) => [axis, along(axis)]));
}

/** The layout of any tensor of a run: by name or alias, weights and `tokens` included; a split weight as a whole. */
export function layoutIn(program: ForwardProgram, name: string): Layout | undefined {
  const { tensors } = program;
  const tensor = resolve(program, name);
  if (Object.hasOwn(tensors, tensor)) return tensors[tensor];
  const parts = Object.values(tensors).filter(({ part }) => part?.of === name);
  if (parts.length === 0) return undefined;
  const { axes, shape } = parts[0]!;
  const rows = Math.max(...parts.map(({ part }) => part!.to));
  return { axes, shape: shape.map((size, i) => (axes[i] === 'vocab' ? rows : size)) };
}

/** Every axis with its index from 0. */
function checked(name: string, layout: Layout, index: Index): Index {
  const given = { ...index };
  for (const [i, axis] of layout.axes.entries()) {
    if (given[axis] === undefined && layout.shape[i] === 1) given[axis] = 0;
    if (typeof given[axis] === 'number') continue;
    const got = given[axis] === undefined ? 'none' : String(given[axis]);
    throw new FluoroscopeError(
      'slice-invalid',
      `${name} ${describeLayout(layout)}: one number needs an index along each axis, got ${got} for ${axis}. Give one from 0 to ${layout.shape[i]! - 1}.`,
    );
  }
  return indexAt(layout, select(name, layout, given).runs[0]!.from);
}
