import code from '../../shaders/normalize.wgsl?raw';
import rowsCode from '../../shaders/normalize_rows.wgsl?raw';
import { numeral } from '../tensor/numeral';
import { type Kernel, LEAST_NORMAL, type Operands, type Results, ULP, type Uniforms } from './kernel';
import { byRows, operand, run } from './parts';
import { signatures } from './signatures';

/** Two passes, never E[x²] − E[x]²: that form cancels when a row has a large mean. */
export function normalizeReference({ rows, cols, eps }: Uniforms, { x }: Operands): Results {
  const scale = new Float64Array(rows!);
  const normalized = new Float64Array(rows! * cols!);
  for (let row = 0; row < rows!; row++) {
    const base = row * cols!;
    let mean = 0;
    for (let i = 0; i < cols!; i++) mean += x![base + i]! / cols!;
    let variance = 0;
    for (let i = 0; i < cols!; i++) variance += (x![base + i]! - mean) ** 2 / cols!;
    scale[row] = Math.sqrt(variance + eps!);
    for (let i = 0; i < cols!; i++) normalized[base + i] = (x![base + i]! - mean) / scale[row]!;
  }
  return { scale, normalized };
}

/**
 * The mean's error is at most u·(d + 1.5)·mean|x| (d − 1 additions, one division): a shift of every centred value by as
 * much. It moves the variance by its square only (the centred values sum to zero), half of which reaches the scale. The
 * squares carry 3 u each, their sum d − 1, the division 2.5, eps 1; the root halves that and adds 4.5 of its own (WGSL
 * lets sqrt be 1 / inverseSqrt: 2 ULP and a division), so that the scale has (d/2 + 7.3) u. The centring and the last
 * division add 3.5 u.
 */
export function normalizeBound({ rows, cols }: Uniforms, { x }: Operands, { scale, normalized }: Results): Results {
  const bounds = { scale: new Float64Array(rows!), normalized: new Float64Array(rows! * cols!) };
  for (let row = 0; row < rows!; row++) {
    const base = row * cols!;
    let meanAbs = 0;
    for (let i = 0; i < cols!; i++) meanAbs += Math.abs(x![base + i]!) / cols!;
    const shift = (ULP * (cols! + 3) * meanAbs) / scale![row]!;
    const relative = ULP * (cols! / 2 + 8) + shift ** 2 / 2;
    bounds.scale[row] = scale![row]! * relative;
    for (let i = 0; i < cols!; i++) {
      bounds.normalized[base + i] = shift + (relative + 4 * ULP) * Math.abs(normalized![base + i]!) + LEAST_NORMAL;
    }
  }
  return bounds;
}

/** Part of a kernel that reads a whole row of x: `scale` has an element per row. */
export function rowPart({ cols, eps }: Uniforms, port: string, offset: number) {
  const row = port === 'scale' ? offset : Math.floor(offset / cols!);
  const place = port === 'scale' ? 0 : offset % cols!;
  return {
    uniforms: { rows: 1, cols: cols!, ...(eps !== undefined && { eps }) },
    inputs: { x: run(row * cols!, cols!) },
    port,
    offset: place,
  };
}

/** Mean, variance, scale and, of a value of the row, what it is normalized to. */
export function normalizeWorking(u: Uniforms, inputs: Operands, port: string, offset: number): string[] {
  const { cols, eps } = u;
  const x = inputs.x!;
  const { scale, normalized } = normalizeReference(u, inputs) as { scale: Float64Array; normalized: Float64Array };
  const mean = Array.from(x).reduce((sum, value) => sum + value / cols!, 0);
  const variance = Array.from(x).reduce((sum, value) => sum + (value - mean) ** 2 / cols!, 0);
  const lines = [
    `mean = Σ x / ${cols} = ${numeral(mean)}`,
    `scale = √(Σ (x - mean)² / ${cols} + ${numeral(eps!)}) = √(${numeral(variance)} + ${numeral(eps!)}) = ${numeral(scale[0]!)}`,
  ];
  if (port === 'scale') return lines;
  const value = `(${numeral(x[offset]!)} - ${operand(mean)}) / ${numeral(scale[0]!)}`;
  return [...lines, `normalized = ${value} = ${numeral(normalized[offset]!)}`];
}

export const scaleFormula = 'scale[row] = √(Σᵢ (x[row, i] - mean)² / cols + eps), mean = Σᵢ x[row, i] / cols';
export const normalizedFormula = 'normalized[row, col] = (x[row, col] - mean) / scale';

/** Layernorm without gain and bias (`LNPre`): the weights after it have absorbed them. */
export const normalize: Kernel = {
  name: 'normalize',
  ...signatures.normalize,
  variants: byRows(code, rowsCode, ['scale']),
  reference: normalizeReference,
  bound: normalizeBound,
  part: rowPart,
  formula: { scale: scaleFormula, normalized: normalizedFormula },
  working: normalizeWorking,
  flops: (u) => 5 * u.rows! * u.cols!,
};
