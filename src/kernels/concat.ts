import code from '../../shaders/concat.wgsl?raw';
import { type Kernel, read, uniforms, workgroupsFor, write } from './kernel';

/** Joins two tensors along their last axis: the logits of a table that was split by rows. A copy: exact. */
export const concat: Kernel = {
  name: 'concat',
  uniforms: uniforms('rows', 'left_cols', 'right_cols', 'cols'),
  ports: [read('left', ['rows', 'left_cols']), read('right', ['rows', 'right_cols']), write('out', ['rows', 'cols'])],
  variants: [{ name: 'clear', code, workgroups: (u) => workgroupsFor(u.rows! * u.cols!) }],
  reference: ({ rows, left_cols, right_cols, cols }, { left, right }) => {
    const out = Float64Array.from({ length: rows! * cols! }, (_, i) => {
      const [row, col] = [Math.floor(i / cols!), i % cols!];
      return col < left_cols! ? left![row * left_cols! + col]! : right![row * right_cols! + col - left_cols!]!;
    });
    return { out };
  },
  bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
  flops: () => 0,
};
