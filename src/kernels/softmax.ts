import code from '../../shaders/softmax.wgsl?raw';
import quadsCode from '../../shaders/softmax_quads.wgsl?raw';
import tiledCode from '../../shaders/softmax_tiled.wgsl?raw';
import { numeral } from '../tensor/numeral';
import { type Kernel, LEAST_NORMAL, ULP } from './kernel';
import { rowPart } from './normalize';
import { clearByRow, operand, rowwise } from './parts';
import { signatures } from './signatures';

/** y = exp(x − max) / Σ exp(x − max), row by row. */
export const softmax: Kernel = {
  name: 'softmax',
  ...signatures.softmax,
  variants: [
    clearByRow(code),
    { ...rowwise('quads', quadsCode, 4), feature: 'subgroups' },
    rowwise('tiled', tiledCode, 64),
  ],
  reference: ({ rows, cols }, { x }) => {
    const y = new Float64Array(rows! * cols!);
    for (let base = 0; base < y.length; base += cols!) {
      let max = x![base]!;
      for (let i = 1; i < cols!; i++) max = Math.max(max, x![base + i]!);
      let total = 0;
      for (let i = 0; i < cols!; i++) total += y[base + i] = Math.exp(x![base + i]! - max);
      for (let i = 0; i < cols!; i++) y[base + i]! /= total;
    }
    return { y };
  },
  /**
   * With t = x − max, an exponential's relative error is u·(3 + 2|t|) from `exp` and u·|t| from rounding t. The sum has
   * the mean of those, weighted by y itself (so that masked entries do not count), and at most one rounding per column;
   * the division adds 2.5 u. An exponential below e^−87.33, just above the least normal, counts as zero, and a quotient
   * below the least normal may be flushed.
   */
  bound: ({ rows, cols }, { x }, { y }) => {
    const bounds = new Float64Array(rows! * cols!);
    for (let base = 0; base < bounds.length; base += cols!) {
      let max = x![base]!;
      for (let i = 1; i < cols!; i++) max = Math.max(max, x![base + i]!);
      const exp = (i: number) => 3 + 3 * Math.abs(x![base + i]! - max);
      let mean = 0;
      for (let i = 0; i < cols!; i++) mean += y![base + i]! * exp(i);
      for (let i = 0; i < cols!; i++) {
        bounds[base + i] = ULP * (exp(i) + mean + cols! + 4) * y![base + i]! + 2 * LEAST_NORMAL;
      }
    }
    return { y: bounds };
  },
  part: rowPart,
  formula: { y: 'y[row, col] = exp(x[row, col] - max) / Σᵢ exp(x[row, i] - max), max = maxᵢ x[row, i]' },
  working: (_, { x }, __, at) => {
    const max = Math.max(...Array.from(x!));
    const total = Array.from(x!).reduce((sum, value) => sum + Math.exp(value - max), 0);
    const [t, weight] = [x![at]! - max, Math.exp(x![at]! - max)];
    return [
      `x - max = ${numeral(x![at]!)} - ${operand(max)} = ${numeral(t)}`,
      `Σ exp(x - max) = ${numeral(total)}, of ${x!.length}`,
      `y = exp(${numeral(t)}) / ${numeral(total)} = ${numeral(weight)} / ${numeral(total)} = ${numeral(weight / total)}`,
    ];
  },
  flops: (u) => 5 * u.rows! * u.cols!,
};
