import clearCode from '../../shaders/matmul.wgsl?raw';
import quadsCode from '../../shaders/matmul_quads.wgsl?raw';
import registers from '../../shaders/matmul_registers.wgsl?raw';
import tiled from '../../shaders/matmul_tiled.wgsl?raw';
import { type Kernel, LEAST_NORMAL, type Operands, ULP, type Uniforms, type Variant } from './kernel';
import { clear, one, products, run, term } from './parts';
import { signatures } from './signatures';

/**
 * Σₖ x[r, k]·w[k, c] + bias[c] for every row and column, or the same of the absolute values; `transposed` weights lie as
 * [cols, inner]. Each sum begins with the bias and goes on in the order of k. Four columns at a time read a row of x once:
 * that and arrays of one type make it more than twice as fast as the plain loop.
 */
function sums({ rows, inner, cols }: Uniforms, operands: Operands, transposed: boolean, absolute = false) {
  const float64 = (values: ArrayLike<number>) => {
    const wide = new Float64Array(values);
    return absolute ? wide.map(Math.abs) : wide;
  };
  const [x, bias] = [float64(operands.x!), float64(operands.bias!)];
  const w = transposed ? float64(operands.w!) : columns(float64(operands.w!), inner!, cols!);
  const out = new Float64Array(rows! * cols!);
  for (let row = 0; row < rows!; row++) {
    const from = row * inner!;
    let col = 0;
    for (; col + 4 <= cols!; col += 4) {
      let [a, b, c, d] = [bias[col]!, bias[col + 1]!, bias[col + 2]!, bias[col + 3]!];
      const [toA, toB, toC, toD] = [col * inner!, (col + 1) * inner!, (col + 2) * inner!, (col + 3) * inner!];
      for (let k = 0; k < inner!; k++) {
        const value = x[from + k]!;
        a += value * w[toA + k]!;
        b += value * w[toB + k]!;
        c += value * w[toC + k]!;
        d += value * w[toD + k]!;
      }
      const to = row * cols! + col;
      out[to] = a;
      out[to + 1] = b;
      out[to + 2] = c;
      out[to + 3] = d;
    }
    for (; col < cols!; col++) {
      let sum = bias[col]!;
      for (let k = 0; k < inner!; k++) sum += x[from + k]! * w[col * inner! + k]!;
      out[row * cols! + col] = sum;
    }
  }
  return out;
}

/** [inner, cols] → [cols, inner] */
function columns(w: Float64Array, inner: number, cols: number): Float64Array {
  const out = new Float64Array(inner * cols);
  for (let k = 0; k < inner; k++) for (let col = 0; col < cols; col++) out[col * inner + k] = w[k * cols + col]!;
  return out;
}

/** A shader with a block of 64×64 per workgroup, of which each invocation stores a square of 8×8. */
export function blocks(code: string): Variant {
  const within = (i: number) => Math.floor((i % 64) / 8);
  return {
    name: 'registers',
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

/** Rows that `tiled` takes for few. */
const FEW = 4;

/**
 * A shader with a tile of 64×64 per workgroup, of which each invocation stores four columns to the left and four to the right
 * of four rows; of few rows a workgroup has 16 columns of one.
 */
export function tiles(code: string): Variant {
  return {
    name: 'tiled',
    code,
    sized: ({ rows }) => ({ FEW: Number(rows! <= FEW) }),
    workgroups: ({ rows, cols }) =>
      rows! <= FEW ? [Math.ceil(cols! / 16), rows!, 1] : [Math.ceil(cols! / 64), Math.ceil(rows! / 64), 1],
    writer: (u, _, offset) => {
      const [row, col] = [Math.floor(offset / u.cols!), offset % u.cols!];
      if (u.rows! <= FEW) {
        const lane = col % 16;
        return { workgroup: [Math.floor(col / 16), row, 0], local: [lane % 8, Math.floor(lane / 8), 0] };
      }
      return {
        workgroup: [Math.floor(col / 64), Math.floor(row / 64), 0],
        local: [Math.floor((col % 32) / 4), Math.floor((row % 64) / 4), 0],
      };
    },
  };
}

/**
 * A shader with a block of 16×32 per workgroup of four invocations, each of which stores every fourth column. Where there
 * are few rows, or few blocks in all, with one of 4×16 or 1×16.
 */
export function quads(code: string): Variant {
  return {
    name: 'quads',
    code,
    feature: 'subgroups',
    sized: (u) => ({ ROWS: quadBlock(u)[0] }),
    workgroups: (u) => {
      const [rows, cols] = quadBlock(u);
      return [Math.ceil(u.rows! / rows), Math.ceil(u.cols! / cols), 1];
    },
    writer: (u, _, offset) => {
      const [rows, cols] = quadBlock(u);
      const [row, col] = [Math.floor(offset / u.cols!), offset % u.cols!];
      return { workgroup: [Math.floor(row / rows), Math.floor(col / cols), 0], local: [col % 4, 0, 0] };
    },
  };
}

/**
 * Rows and columns of a block. The small ones compile in a third of the time on SwiftShader, and up to about 4,096 elements
 * of y they are as fast; of twice as many they take 1.7 times as long. `inner` plays no part, so that products which write
 * into one residual stream are all done by one shader.
 */
function quadBlock({ rows, cols }: Uniforms): readonly [number, number] {
  if (rows === 1) return [1, 16];
  return rows! <= 4 || rows! * cols! <= 4096 ? [4, 16] : [16, 32];
}

function define(name: 'matmul' | 'unembed', transposed: boolean): Kernel {
  const constants = { TRANSPOSED: Number(transposed) };
  return {
    name,
    ...signatures[name],
    variants: [
      { ...clear(clearCode, (u) => u.rows! * u.cols!), constants },
      { ...blocks(registers), constants },
      { ...tiles(tiled), constants },
      { ...quads(quadsCode), constants },
    ],
    reference: (u, inputs) => ({ y: sums(u, inputs, transposed) }),
    /** One rounding per product and per addition, in any order: (K + 2)·u·(Σ|x·w| + |bias|). */
    bound: (u, inputs) => ({
      y: sums(u, inputs, transposed, true).map((sum) => (u.inner! + 2) * (ULP * sum + LEAST_NORMAL)),
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
