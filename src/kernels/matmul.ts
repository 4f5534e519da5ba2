import clear from '../../shaders/matmul.wgsl?raw';
import registers from '../../shaders/matmul_registers.wgsl?raw';
import tiled from '../../shaders/matmul_tiled.wgsl?raw';
import {
  type Kernel,
  LEAST_NORMAL,
  type Operands,
  read,
  ULP,
  type Uniforms,
  uniforms,
  type Variant,
  workgroupsFor,
  write,
} from './kernel';

/** Σₖ f(x[r, k]·w[k, c]) + f(bias[c]) for every row and column; `transposed` weights lie as [cols, inner]. */
function sums(u: Uniforms, { x, w, bias }: Operands, transposed: boolean, f: (value: number) => number): Float64Array {
  const [rows, inner, cols] = [u.rows!, u.inner!, u.cols!];
  const out = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const total = out.subarray(row * cols, (row + 1) * cols);
    for (let col = 0; col < cols; col++) total[col] = f(bias![col]!);
    for (let k = 0; k < inner; k++) {
      const value = x![row * inner + k]!;
      const [base, step] = transposed ? [k, inner] : [k * cols, 1];
      for (let col = 0; col < cols; col++) total[col]! += f(value * w![base + col * step]!);
    }
  }
  return out;
}

const blocks = (rowsPerGroup: number, colsPerGroup: number): Variant['workgroups'] => {
  return (u) => [Math.ceil(u.cols! / colsPerGroup), Math.ceil(u.rows! / rowsPerGroup), 1];
};

function define(name: string, transposed: boolean): Kernel {
  const constants = { TRANSPOSED: Number(transposed) };
  return {
    name,
    uniforms: uniforms('rows', 'inner', 'cols'),
    ports: [
      read('x', ['rows', 'inner']),
      read('w', transposed ? ['cols', 'inner'] : ['inner', 'cols']),
      read('bias', ['cols']),
      write('y', ['rows', 'cols']),
    ],
    variants: [
      { name: 'clear', code: clear, constants, workgroups: (u) => workgroupsFor(u.rows! * u.cols!) },
      { name: 'registers', code: registers, constants, workgroups: blocks(64, 64) },
      { name: 'tiled', code: tiled, constants, workgroups: blocks(64, 64) },
    ],
    reference: (u, inputs) => ({ y: sums(u, inputs, transposed, (value) => value) }),
    /** One rounding per product and per addition, in any order: (K + 2)·u·(Σ|x·w| + |bias|). */
    bound: (u, inputs) => ({
      y: sums(u, inputs, transposed, Math.abs).map((sum) => (u.inner! + 2) * (ULP * sum + LEAST_NORMAL)),
    }),
    flops: (u) => 2 * u.rows! * u.inner! * u.cols!,
  };
}

/** y = x · w + bias. */
export const matmul = define('matmul', false);

/** y = x · wᵀ + bias: logits from the embedding's layout, [vocab, model], so that a tied table is kept once. */
export const unembed = define('unembed', true);
