import code from '../../shaders/edit.wgsl?raw';
import { type Kernel, LEAST_NORMAL, read, ULP, uniforms, workgroupsFor, write } from './kernel';

/**
 * weight·x + offset: zeroing is (0, 0), setting (0, v), scaling (s, 0), adding (1, v). Weight 1 with offset 0 keeps x and
 * weight 0 yields the offset, both exactly; else one rounding each for the product and the sum.
 */
export const edit: Kernel = {
  name: 'edit',
  uniforms: uniforms('size'),
  ports: [read('x', ['size']), read('weight', ['size']), read('offset', ['size']), write('y', ['size'])],
  variants: [{ name: 'clear', code, workgroups: (u) => workgroupsFor(u.size!) }],
  reference: (_, { x, weight, offset }) => ({
    y: Float64Array.from(x!, (value, i) => (weight![i] === 0 ? offset![i]! : weight![i]! * value + offset![i]!)),
  }),
  bound: (_, { x, weight, offset }, { y }) => ({
    y: y!.map((value, i) => {
      const [w, at] = [Math.abs(weight![i]!), Math.abs(x![i]!)];
      if (w === 0 || (weight![i] === 1 && offset![i] === 0)) return 0;
      return ULP * (w * at + Math.abs(value)) + LEAST_NORMAL * (2 + w + at); // operands may be flushed, too
    }),
  }),
  flops: (u) => 2 * u.size!,
};
