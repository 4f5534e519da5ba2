/**
 * Layernorm in three steps, for an edit of `hook_scale` or `hook_normalized`, which fall in its middle. Without an edit
 * between them they give the fused kernel's bits.
 */
import affineCode from '../../shaders/ln_affine.wgsl?raw';
import divideCode from '../../shaders/ln_divide.wgsl?raw';
import divideRows from '../../shaders/ln_divide_rows.wgsl?raw';
import scaleCode from '../../shaders/ln_scale.wgsl?raw';
import scaleRows from '../../shaders/ln_scale_rows.wgsl?raw';
import { numeral } from '../tensor/numeral';
import { type Kernel, LEAST_NORMAL, ULP } from './kernel';
import {
  normalizeBound,
  normalizedFormula,
  normalizeReference,
  normalizeWorking,
  rowPart,
  scaleFormula,
} from './normalize';
import { byRows, clear, each, one, operand, products, term } from './parts';
import { signatures } from './signatures';

/** √(variance + eps) */
export const lnScale: Kernel = {
  name: 'ln_scale',
  ...signatures.ln_scale,
  variants: byRows(scaleCode, scaleRows, ['scale']),
  reference: (u, inputs) => ({ scale: normalizeReference(u, inputs).scale! }),
  bound: (u, inputs) => ({ scale: normalizeBound(u, inputs, normalizeReference(u, inputs)).scale! }),
  part: rowPart,
  formula: { scale: scaleFormula },
  working: normalizeWorking,
  flops: (u) => 4 * u.rows! * u.cols!,
};

/** (x − mean) / scale, whatever the scale is. */
export const lnDivide: Kernel = {
  name: 'ln_divide',
  ...signatures.ln_divide,
  variants: byRows(divideCode, divideRows),
  reference: ({ rows, cols }, { x, scale }) => {
    const normalized = new Float64Array(rows! * cols!);
    for (let row = 0; row < rows!; row++) {
      const base = row * cols!;
      let mean = 0;
      for (let i = 0; i < cols!; i++) mean += x![base + i]! / cols!;
      for (let i = 0; i < cols!; i++) normalized[base + i] = (x![base + i]! - mean) / scale![row]!;
    }
    return { normalized };
  },
  /** The mean as in `normalize`; then a rounding for the centring and 2.5 for the division. */
  bound: ({ rows, cols }, { x, scale }, { normalized }) => {
    const bounds = new Float64Array(rows! * cols!);
    for (let row = 0; row < rows!; row++) {
      const base = row * cols!;
      let meanAbs = 0;
      for (let i = 0; i < cols!; i++) meanAbs += Math.abs(x![base + i]!) / cols!;
      const shift = Math.abs((ULP * (cols! + 3) * meanAbs) / scale![row]!);
      for (let i = 0; i < cols!; i++) {
        bounds[base + i] = shift + 4 * ULP * Math.abs(normalized![base + i]!) + LEAST_NORMAL;
      }
    }
    return { normalized: bounds };
  },
  part: (u, port, offset) => {
    const part = rowPart(u, port, offset);
    return { ...part, inputs: { ...part.inputs, scale: one(Math.floor(offset / u.cols!)) } };
  },
  formula: { normalized: `${normalizedFormula}[row], mean = Σᵢ x[row, i] / cols` },
  working: ({ cols }, { x, scale }, _, at) => {
    const mean = Array.from(x!).reduce((sum, value) => sum + value / cols!, 0);
    const normalized = (x![at]! - mean) / scale![0]!;
    return [
      `mean = Σ x / ${cols} = ${numeral(mean)}`,
      `normalized = (${numeral(x![at]!)} - ${operand(mean)}) / ${operand(scale![0]!)} = ${numeral(normalized)}`,
    ];
  },
  flops: (u) => 3 * u.rows! * u.cols!,
};

/** gain·normalized + bias */
export const lnAffine: Kernel = {
  name: 'ln_affine',
  ...signatures.ln_affine,
  variants: [clear(affineCode, (u) => u.rows! * u.cols!)],
  reference: ({ rows, cols }, { normalized, gain, bias }) => ({
    out: each(rows! * cols!, (i) => gain![i % cols!]! * normalized![i]! + bias![i % cols!]!),
  }),
  bound: ({ cols }, { normalized, gain, bias }) => ({
    out: Float64Array.from(normalized!, (value, i) => {
      return ULP * (2 * Math.abs(gain![i % cols!]! * value) + Math.abs(bias![i % cols!]!)) + 2 * LEAST_NORMAL;
    }),
  }),
  part: ({ cols }, port, offset) => ({
    uniforms: { rows: 1, cols: 1 },
    inputs: { normalized: one(offset), gain: one(offset % cols!), bias: one(offset % cols!) },
    port,
    offset: 0,
  }),
  formula: { out: 'out[row, col] = gain[col]·normalized[row, col] + bias[col]' },
  addends: (_, inputs) => [...products(inputs, 'gain', 'normalized'), term(inputs, 'bias')],
  flops: (u) => 2 * u.rows! * u.cols!,
};
