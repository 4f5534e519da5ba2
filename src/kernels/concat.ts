import code from '../../shaders/concat.wgsl?raw';
import type { Kernel } from './kernel';
import { clear, each, none, one, term } from './parts';
import { signatures } from './signatures';

/** Joins two tensors along their last axis: the logits of a table that was split by rows. A copy: exact. */
export const concat: Kernel = {
  name: 'concat',
  ...signatures.concat,
  variants: [clear(code, (u) => u.rows! * u.cols!)],
  reference: ({ rows, left_cols, right_cols, cols }, { left, right }) => {
    const out = each(rows! * cols!, (i) => {
      const [row, col] = [Math.floor(i / cols!), i % cols!];
      return col < left_cols! ? left![row * left_cols! + col]! : right![row * right_cols! + col - left_cols!]!;
    });
    return { out };
  },
  bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
  part: ({ left_cols, right_cols, cols }, port, offset) => {
    const [row, col] = [Math.floor(offset / cols!), offset % cols!];
    const fromLeft = col < left_cols!;
    const inputs = fromLeft
      ? { left: one(row * left_cols! + col), right: none }
      : { left: none, right: one(row * right_cols! + col - left_cols!) };
    const uniforms = { rows: 1, left_cols: Number(fromLeft), right_cols: Number(!fromLeft), cols: 1 };
    return { uniforms, inputs, port, offset: 0 };
  },
  formula: { out: 'out[row, col] = left[row, col], or right[row, col - left_cols] where col ≥ left_cols' },
  addends: (u, inputs) => [term(inputs, u.left_cols ? 'left' : 'right')],
  flops: () => 0,
};
