/** A slice beside what it is compared with. */
import type { Axis, Index } from '../../src/index';
import { beforeEdit, FINITE, FluoroscopeError, NumberKind, numberKinds } from '../../src/viewer';
import type { Comparison } from './comparisons';
import { isWeight, type ValuesRead } from './read-buffer';
import { gather } from './slices';
import type { Against, TensorSource } from './tensor-source';

/** @throws `slice-invalid` where the other one has another shape; as what is read */
export async function readAgainst(
  source: TensorSource,
  name: string,
  fixed: Index,
  comparison: Exclude<Comparison, 'none'>,
): Promise<Against> {
  const { trace, other } = source.origin;
  if (comparison === 'before') {
    if (trace.names.includes(beforeEdit(name))) return { ...(await trace.read(beforeEdit(name), fixed)), bound: null };
    throw new FluoroscopeError('edit-invalid', `${name} was not edited in this pass: there is nothing before an edit.`);
  }
  if (isWeight(trace, name)) {
    throw new FluoroscopeError('tensor-unknown', `${name} is a weight: it is given, so there is nothing to compare.`);
  }
  if (comparison === 'float64') return source.reference(name);
  if (!other) {
    throw new FluoroscopeError('no-model', 'There is no other trace to compare with: set the property other to one.');
  }
  const [own, theirs] = [trace.layout(name), other.layout(name)];
  if (own.shape.join() !== theirs.shape.join()) {
    throw new FluoroscopeError(
      'slice-invalid',
      `${name} is [${own.shape.join(', ')}] here and [${theirs.shape.join(', ')}] in the other trace; ` +
        'compare passes over prompts of the same length.',
    );
  }
  return { ...(await other.read(name, fixed)), bound: null };
}

/** The tensor minus what it is compared with, in float64. What both hide is hidden; one alone is as far as can be. */
export function difference(
  own: ValuesRead['own'],
  against: Against,
  order: readonly Axis[],
  fixed: Index,
  masks: boolean,
): ValuesRead {
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
  return { values, kinds, own, against: { values: other, bound: bounds } };
}

function hidden(value: number, kind: number): number {
  return kind === NumberKind.masked ? -Infinity : value;
}
