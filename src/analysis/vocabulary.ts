/** Directions of the residual stream, read as tokens. */
import { Matrix } from 'ml-matrix';
import { topIndices } from '../tensor/top';
import { inputEmbedding, outputEmbedding, throughFinalNorm } from './folded';
import { textOf } from './ranges';
import type { RunnableModel } from './runnable';
import type { Folded } from './weights';

export interface TokenValue {
  readonly token: number;
  readonly text: string;
  readonly value: number;
}

export interface Extremes {
  /** Largest values first. */
  readonly top: readonly TokenValue[];
  /** Smallest values first. */
  readonly bottom: readonly TokenValue[];
}

/** `unembed`: what the direction would add to each logit; `embed`: how much of it each token's embedding holds. */
export type ReadThrough = 'embed' | 'unembed';

/**
 * A direction v [model] for each token: v·W_U through the final layernorm's centring and gain, in logits per unit of v
 * over its scale; or W_E·v.
 */
export async function readDirection(
  model: RunnableModel,
  direction: Float64Array,
  through: ReadThrough,
): Promise<Float64Array> {
  if (through === 'embed') return timesColumns(await inputEmbedding(model), direction);
  const seen = await throughFinalNorm(model, new Matrix([direction]));
  return timesRows(seen.getRow(0), await outputEmbedding(model));
}

/** The `count` tokens with the largest and the smallest values. */
export function extremes(model: RunnableModel, values: Float64Array, count: number): Extremes {
  const list = (indices: readonly number[]) =>
    indices.map((token) => ({ token, text: textOf(model, token), value: values[token]! }));
  return {
    top: list(topIndices(values, count)),
    bottom: list(
      topIndices(
        values.map((value) => -value),
        count,
      ),
    ),
  };
}

/** Σᵢ v[i] · m[i, :] */
export function timesRows(v: ArrayLike<number>, { rows, cols, data }: Folded): Float64Array {
  const out = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const value = v[i]!;
    if (value === 0) continue;
    for (let j = 0; j < cols; j++) out[j]! += value * data[i * cols + j]!;
  }
  return out;
}

/** Σⱼ m[:, j] · v[j] */
function timesColumns({ rows, cols, data }: Folded, v: ArrayLike<number>): Float64Array {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[i * cols + j]! * v[j]!;
    out[i] = sum;
  }
  return out;
}
