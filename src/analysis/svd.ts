import { type Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import { foldedHead, foldedIn, foldedOut, toMatrix } from './folded';
import { headOf, layerOf, neuronLayerOf } from './ranges';
import type { RunnableModel } from './runnable';
import { type Extremes, extremes, type ReadThrough, readDirection } from './vocabulary';

/** `OV`, `QK` belong to a head, `W_in`, `W_out` to a layer's MLP. */
export type SvdOf =
  | { readonly of: 'OV' | 'QK'; readonly layer: number; readonly head: number }
  | { readonly of: 'W_in' | 'W_out'; readonly layer: number };

export interface SvdOptions {
  /** Singular vectors to read; 5 unless given. */
  readonly count?: number;
  /** Tokens to list per vector and end; 8 unless given. */
  readonly top?: number;
  /** How vectors of the residual stream are read as tokens; `unembed` unless given. */
  readonly through?: ReadThrough;
}

export interface SingularVector {
  readonly value: number;
  /** This value's part of the squared Frobenius norm. */
  readonly share: number;
  /** Unit vectors: [model] for the residual stream, [neuron] for an MLP's inside. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** The vectors of the residual stream as tokens; null for an MLP's inside. */
  readonly leftTokens: Extremes | null;
  readonly rightTokens: Extremes | null;
}

/**
 * Singular vectors read as tokens (Millidge and Black 2022, "The Singular Value Decompositions of Transformer Weight
 * Matrices are Highly Interpretable"). M = Σ value·left·rightᵀ acts on row vectors: OV = W_V·W_O takes in `left` and
 * writes `right`; QK = W_Q·W_Kᵀ, a query along `left` fits a key along `right`; W_in reads `left`; W_out writes `right`.
 * Weights are folded. The sign of a pair is free: it is chosen so that the largest element of the vector that is read as
 * tokens (`right`, for W_in `left`) is positive. OV and QK are decomposed through their d_head-sized factors, exactly.
 *
 * @throws `slice-invalid`, `analysis-invalid` for W_in and W_out of an attention-only model
 */
export async function singularVectors(
  model: RunnableModel,
  what: SvdOf,
  options: SvdOptions = {},
): Promise<SingularVector[]> {
  const { count = 5, top = 8, through = 'unembed' } = options;
  const { left, values, right } = await decompose(model, what);
  const total = values.reduce((sum, value) => sum + value * value, 0);
  const [readsLeft, readsRight] = [what.of !== 'W_out', what.of !== 'W_in'];
  const tokens = async (vector: Float64Array) => extremes(model, await readDirection(model, vector, through), top);
  const vectors: SingularVector[] = [];
  for (let i = 0; i < Math.min(count, values.length); i++) {
    const sign = largest(column(readsRight ? right : left, i)) < 0 ? -1 : 1;
    const [l, r] = [left, right].map((side) => column(side, i).map((value) => sign * value)) as [
      Float64Array,
      Float64Array,
    ];
    vectors.push({
      value: values[i]!,
      share: total > 0 ? values[i]! ** 2 / total : 0,
      left: l,
      right: r,
      leftTokens: readsLeft ? await tokens(l) : null,
      rightTokens: readsRight ? await tokens(r) : null,
    });
  }
  return vectors;
}

interface Decomposed {
  /** Columns are singular vectors. */
  readonly left: Matrix;
  /** Largest first. */
  readonly values: readonly number[];
  readonly right: Matrix;
}

async function decompose(model: RunnableModel, what: SvdOf): Promise<Decomposed> {
  if (what.of === 'OV' || what.of === 'QK') {
    const [layer, head] = [layerOf(model, what.layer), headOf(model, what.head)];
    const { Q, K, V, O } = await foldedHead(model, layer, head);
    return what.of === 'OV' ? ofProduct(V, O.transpose()) : ofProduct(Q, K);
  }
  const layer = neuronLayerOf(model, what.layer);
  return ofMatrix(toMatrix(await (what.of === 'W_in' ? foldedIn(model, layer) : foldedOut(model, layer))));
}

/** a·bᵀ = Qa·(Ra·Rbᵀ)·Qbᵀ: only the middle, d_head × d_head, needs decomposing. */
function ofProduct(a: Matrix, b: Matrix): Decomposed {
  if (a.columns >= a.rows) return ofMatrix(a.mmul(b.transpose()));
  const [qa, qb] = [new QrDecomposition(a), new QrDecomposition(b)];
  const core = ofMatrix(qa.upperTriangularMatrix.mmul(qb.upperTriangularMatrix.transpose()));
  return {
    left: qa.orthogonalMatrix.mmul(core.left),
    values: core.values,
    right: qb.orthogonalMatrix.mmul(core.right),
  };
}

function ofMatrix(matrix: Matrix): Decomposed {
  const svd = new SingularValueDecomposition(matrix, { autoTranspose: true });
  return { left: svd.leftSingularVectors, values: svd.diagonal, right: svd.rightSingularVectors };
}

const column = (matrix: Matrix, i: number) => Float64Array.from(matrix.getColumn(i));

/** The element of largest magnitude. */
function largest(vector: Float64Array): number {
  return vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}
