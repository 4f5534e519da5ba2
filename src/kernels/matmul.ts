import clearCode from '../../shaders/matmul.wgsl?raw';
import registers from '../../shaders/matmul_registers.wgsl?raw';
import tiled from '../../shaders/matmul_tiled.wgsl?raw';
import { type Kernel, LEAST_NORMAL, type Operands, ULP, type Uniforms, type Variant } from './kernel';
import { clear, one, products, run, term } from './parts';
import { signatures } from './signatures';

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

/** A shader with a block of 64×64 per workgroup, of which each invocation stores a square. */
function blocks(name: string, code: string, side: number): Variant {
  const within = (i: number) => Math.floor((i % 64) / side);
  return {
    name,
    code,
    workgroups: (u) => [Math.ceil(u.cols! / 64), Math.ceil(u.rows! / 64), 1],
    writer: (u, _, offset) => {
      const [row, col] = [Math.floor(offset / u.cols!), offset % u.cols!];
      return {
        workgroup: [Math.floor(col / 64), Math.floor(row / 64), 0],
        local: [within(col), within(row), 0],
      };
    },
  };
}

function define(name: 'matmul' | 'unembed', transposed: boolean): Kernel {
  const constants = { TRANSPOSED: Number(transposed) };
  return {
    name,
    ...signatures[name],
    variants: [
      { ...clear(clearCode, (u) => u.rows! * u.cols!), constants },
      { ...blocks('registers', registers, 8), constants },
      { ...blocks('tiled', tiled, 4), constants },
    ],
    reference: (u, inputs) => ({ y: sums(u, inputs, transposed, (value) => value) }),
    /** One rounding per product and per addition, in any order: (K + 2)·u·(Σ|x·w| + |bias|). */
    bound: (u, inputs) => ({
      y: sums(u, inputs, transposed, Math.abs).map((sum) => (u.inner! + 2) * (ULP * sum + LEAST_NORMAL)),
    }),
    part: ({ inner, cols }, port, offset) => {
      const [row, col] = [Math.floor(offset / cols!), offset % cols!];
      const inputs = {
        x: run(row * inner!, inner!),
        w: transposed ? run(col * inner!, inner!) : run(col, inner!, cols!),
        bias: one(col),
      };
      return { uniforms: { rows: 1, inner: inner!, cols: 1 }, inputs, port, offset: 0 };
    },
    formula: { y: `y[row, col] = Σₖ x[row, k]·w[${transposed ? 'col, k' : 'k, col'}] + bias[col]` },
    addends: (_, inputs) => [...products(inputs, 'x', 'w'), term(inputs, 'bias')],
    flops: (u) => 2 * u.rows! * u.inner! * u.cols!,
  };
}

/** y = x · w + bias. */
export const matmul = define('matmul', false);

/** y = x · wᵀ + bias: logits from the embedding's layout, [vocab, model], so that a tied table is kept once. */
export const unembed = define('unembed', true);
