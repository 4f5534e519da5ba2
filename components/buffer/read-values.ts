/** Reads what is no slice of the trace's own in the order of its axes: weights, comparisons, other orders, whole tensors. */
import type { Axis, Index } from '../../src/index';
import { holdsMasked } from '../../src/viewer';
import { difference, readAgainst } from './difference';
import { type Asked, type Origin, plainReading, type Reading } from './read-buffer';
import { gather } from './slices';
import { sourceOf } from './tensor-source';

/** @param fixed axes to cut at an index @param order of the axes that are left */
export async function readValues(origin: Origin, asked: Asked, fixed: Index, order: readonly Axis[]): Promise<Reading> {
  const { tensor: name, comparison } = asked;
  const source = sourceOf(origin);
  const tensor = await source.own(name, fixed);
  const plain = plainReading(name, { ...tensor, data: gather(tensor, order, fixed) });
  if (comparison === 'none') return { ...plain, comparison, problem: null };
  try {
    const against = await readAgainst(source, name, fixed, comparison);
    const values = difference(plain.values.own, against, order, fixed, holdsMasked(name));
    return { ...plain, values, comparison, problem: null };
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    return { ...plain, comparison: 'none', problem: (error as Error).message };
  }
}
