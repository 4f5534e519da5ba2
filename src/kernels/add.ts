import code from '../../shaders/add.wgsl?raw';
import { type Kernel, LEAST_NORMAL, ULP } from './kernel';
import { clear, each, elementwise, term } from './parts';
import { signatures } from './signatures';

/** One rounding: u·|a + b|. Each operand may be flushed if it is below the least normal. */
export const add: Kernel = {
  name: 'add',
  ...signatures.add,
  variants: [clear(code, (u) => u.size!)],
  reference: ({ size }, { a, b }) => ({ sum: each(size!, (i) => a![i]! + b![i]!) }),
  bound: (_, __, { sum }) => ({ sum: sum!.map((value) => ULP * Math.abs(value) + 2 * LEAST_NORMAL) }),
  part: elementwise('a', 'b'),
  formula: { sum: 'sum[i] = a[i] + b[i]' },
  addends: (_, inputs) => [term(inputs, 'a'), term(inputs, 'b')],
  flops: (u) => u.size!,
};
