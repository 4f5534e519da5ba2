import code from '../../shaders/layernorm.wgsl?raw';
import rowsCode from '../../shaders/layernorm_rows.wgsl?raw';
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
import { byRows, none, one, operand } from './parts';
import { signatures } from './signatures';

/** Layernorm with gain and bias; the value before them stays readable as `normalized`. */
export const layernorm: Kernel = {
  name: 'layernorm',
  ...signatures.layernorm,
  variants: byRows(code, rowsCode, ['scale']),
  reference: (u, inputs) => {
    const { scale, normalized } = normalizeReference(u, inputs) as { scale: Float64Array; normalized: Float64Array };
    const { gain, bias } = inputs;
    const out = normalized.map((value, i) => gain![i % u.cols!]! * value + bias![i % u.cols!]!);
    return { scale, normalized, out };
  },
  bound: (u, inputs, outputs) => {
    const { gain, bias } = inputs;
    const bounds = normalizeBound(u, inputs, outputs);
    // The product and the sum: a rounding each, of values that the bound on `normalized` has already moved.
    const out = bounds.normalized!.map((bound, i) => {
      const g = Math.abs(gain![i % u.cols!]!);
      const moved = Math.abs(outputs.normalized![i]!) + bound;
      return g * (bound + 2 * ULP * moved) + ULP * Math.abs(bias![i % u.cols!]!) + 2 * LEAST_NORMAL;
    });
    return { ...bounds, out };
  },
  part: (u, port, offset) => {
    const part = rowPart(u, port, offset);
    const affine = port === 'out' ? { ...one(part.offset), at: part.offset } : none;
    return { ...part, inputs: { ...part.inputs, gain: affine, bias: affine } };
  },
  formula: {
    scale: scaleFormula,
    normalized: normalizedFormula,
    out: `out[row, col] = gain[col]·normalized[row, col] + bias[col], ${normalizedFormula}`,
  },
  addends: (u, inputs, port, at) => {
    if (port !== 'out') return null;
    const normalized = normalizeReference(u, inputs).normalized![at]!;
    return [
      { value: inputs.gain![at]! * normalized, factors: [{ port: 'gain', at }], times: normalized },
      { value: inputs.bias![at]!, factors: [{ port: 'bias', at }] },
    ];
  },
  working: (u, inputs, port, at) => {
    const lines = normalizeWorking(u, inputs, port, at);
    if (port !== 'out') return lines;
    const [gain, bias] = [inputs.gain![at]!, inputs.bias![at]!];
    const normalized = normalizeReference(u, inputs).normalized![at]!;
    return [
      ...lines,
      `out = ${numeral(gain)}·${operand(normalized)} + ${operand(bias)} = ${numeral(gain * normalized + bias)}`,
    ];
  },
  flops: (u) => 7 * u.rows! * u.cols!,
};
