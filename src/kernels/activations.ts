import gelu_code from '../../shaders/gelu.wgsl?raw';
import gelu_new_code from '../../shaders/gelu_new.wgsl?raw';
import relu_code from '../../shaders/relu.wgsl?raw';
import silu_code from '../../shaders/silu.wgsl?raw';
import { numeral } from '../tensor/numeral';
import { erfc } from './erfc';
import { type Kernel, LEAST_NORMAL, ULP } from './kernel';
import { clear, each, elementwise, operand } from './parts';
import { signatures } from './signatures';

interface Activation {
  readonly code: string;
  readonly f: (x: number) => number;
  /** Relative error in units of u; nothing for an exact function. */
  readonly relative?: (x: number) => number;
  /** Absolute error where the value is too small for the relative one. */
  readonly floor?: number;
  readonly flops: number;
  readonly formula: string;
  /** The formula with x, down to y. */
  readonly working: (x: number, y: number) => readonly string[];
}

function define(
  name: 'relu' | 'gelu' | 'gelu_new' | 'silu',
  { code, f, relative, floor = LEAST_NORMAL, flops, formula, working }: Activation,
): Kernel {
  return {
    name,
    ...signatures[name],
    variants: [clear(code, (u) => u.size!)],
    reference: ({ size }, { x }) => ({ y: each(size!, (i) => f(x![i]!)) }),
    bound: (_, { x }, { y }) => ({
      y: y!.map((value, i) => ULP * (relative?.(x![i]!) ?? 0) * Math.abs(value) + floor),
    }),
    part: elementwise('x'),
    formula: { y: formula },
    working: (_, { x }) => working(x![0]!, f(x![0]!)),
    flops: (u) => flops * u.size!,
  };
}

/** max(x, 0). Exact, but for the flush of what is below the least normal. */
export const relu = define('relu', {
  code: relu_code,
  f: (x) => Math.max(x, 0),
  flops: 1,
  formula: 'y[i] = max(x[i], 0)',
  working: (x, y) => [`y = max(${numeral(x)}, 0) = ${numeral(y)}`],
});

/**
 * x·σ(x). exp(−x) has a relative error of u·(3 + 2|x|), of which at most that much reaches the quotient; the sum adds u,
 * the division 2.5 u. Below −87 the shader yields 0 for a value under 87·e⁻⁸⁷ = 1.5e-36: WGSL bounds the division's error
 * only up to a divisor of 2¹²⁶ = e^87.3.
 */
export const silu = define('silu', {
  code: silu_code,
  f: (x) => x / (1 + Math.exp(-x)),
  relative: (x) => 7 + 2 * Math.abs(x),
  floor: 2e-36,
  flops: 4,
  formula: 'y[i] = x[i] / (1 + exp(-x[i]))',
  working: (x, y) => [
    `y = ${numeral(x)} / (1 + exp(-${operand(x)})) = ${numeral(x)} / ${numeral(1 + Math.exp(-x))} = ${numeral(y)}`,
  ],
});

/** 2·√(2/π)·(x + 0.044715 x³): GPT-2's GELU is x·σ of this, since (1 + tanh z)/2 = σ(2z). */
const tanhArgument = (x: number) => Math.sqrt(8 / Math.PI) * (x + 0.044715 * x ** 3);

/**
 * The argument's own roundings come to 4.5 u|z| (x², the constant's 0.5, its product, the sum, the outer product), which
 * exp turns into as much relative error; then as in SiLU, with 10·e⁻⁸⁷ = 1.7e-37 for the floor. Hendrycks & Gimpel 2016,
 * the tanh form.
 */
export const geluNew = define('gelu_new', {
  code: gelu_new_code,
  f: (x) => x / (1 + Math.exp(-tanhArgument(x))),
  relative: (x) => 7 + 7 * Math.abs(tanhArgument(x)),
  floor: 2e-37,
  flops: 9,
  formula: 'y[i] = x[i] / (1 + exp(-z)), z = 2·√(2/π)·(x[i] + 0.044715·x[i]³)',
  working: (x, y) => {
    const z = tanhArgument(x);
    return [
      `z = 2·√(2/π)·(${numeral(x)} + 0.044715·${operand(x)}³) = ${numeral(z)}`,
      `y = ${numeral(x)} / (1 + exp(-${operand(z)})) = ${numeral(x)} / ${numeral(1 + Math.exp(-z))} = ${numeral(y)}`,
    ];
  },
});

/**
 * x·Φ(x) with Φ(−a) = t·exp(P(t) − a²/2)/2, t = 1/(1 + a/√8) ≤ 1. Worst cases added up along Horner's nine steps put P
 * within 20.3 u of its polynomial (5 u of t's error included) and the fit adds 0.4 u. The exponent's own roundings add a²
 * + 1.3 u, exp 3 u + 2·(a²/2 + 1.3) u, t 3.5 to 5 u, the products and 1 − q the rest; the largest sum over a in [0, 13.3],
 * 30.2 + 2a², lies at a = 0. A Φ below the least normal, from a = 12.95 on, may be flushed: hence the floor, 13·2⁻¹²⁶ =
 * 1.6e-37. Hendrycks & Gimpel 2016, equation 1.
 */
export const gelu = define('gelu', {
  code: gelu_code,
  f: (x) => (x * erfc(-x / Math.SQRT2)) / 2,
  relative: (x) => 32 + 2 * x * x,
  floor: 2e-37,
  flops: 30,
  formula: 'y[i] = x[i]·Φ(x[i]), Φ(x) = erfc(-x/√2)/2',
  working: (x, y) => [
    `Φ(${numeral(x)}) = ${numeral(erfc(-x / Math.SQRT2) / 2)}`,
    `y = ${numeral(x)}·${numeral(erfc(-x / Math.SQRT2) / 2)} = ${numeral(y)}`,
  ],
});
