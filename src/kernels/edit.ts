import code from '../../shaders/edit.wgsl?raw';
import { numeral } from '../tensor/numeral';
import { type Kernel, LEAST_NORMAL, ULP } from './kernel';
import { clear, each, elementwise, operand, products, term } from './parts';
import { signatures } from './signatures';

/**
 * weight·x + offset: zeroing is (0, 0), setting (0, v), scaling (s, 0), adding (1, v). Weight 1 with offset 0 keeps x and
 * weight 0 yields the offset, both exactly; else one rounding each for the product and the sum.
 */
export const edit: Kernel = {
  name: 'edit',
  ...signatures.edit,
  variants: [clear(code, (u) => u.size!)],
  reference: ({ size }, { x, weight, offset }) => ({
    y: each(size!, (i) => (weight![i] === 0 ? offset![i]! : weight![i]! * x![i]! + offset![i]!)),
  }),
  bound: (_, { x, weight, offset }, { y }) => ({
    y: y!.map((value, i) => {
      const [w, at] = [Math.abs(weight![i]!), Math.abs(x![i]!)];
      if (w === 0 || (weight![i] === 1 && offset![i] === 0)) return 0;
      return ULP * (w * at + Math.abs(value)) + LEAST_NORMAL * (2 + w + at); // operands may be flushed, too
    }),
  }),
  part: elementwise('x', 'weight', 'offset'),
  formula: { y: 'y[i] = weight[i]·x[i] + offset[i], or offset[i] alone where weight[i] = 0' },
  addends: (_, inputs) => [...(inputs.weight![0] === 0 ? [] : products(inputs, 'weight', 'x')), term(inputs, 'offset')],
  working: (_, inputs) => {
    const [x, weight, offset] = [inputs.x![0]!, inputs.weight![0]!, inputs.offset![0]!];
    if (weight === 1 && offset === 0) return [`y = ${numeral(x)}: the edit keeps this element`];
    if (weight === 0) return [`y = ${numeral(offset)}: the weight is 0, so what was there does not count`];
    return [`y = ${numeral(weight)}·${operand(x)} + ${operand(offset)} = ${numeral(weight * x + offset)}`];
  },
  flops: (u) => 2 * u.size!,
};
