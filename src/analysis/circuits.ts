/** OV and QK circuits per token: what a head copies, and whom it attends to, straight from the weights. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { FluoroscopeError } from '../errors';
import {
  finite,
  foldedHead,
  inputEmbedding,
  outputEmbedding,
  positionEmbedding,
  throughFinalNorm,
  toMatrix,
} from './folded';
import { headOf, indexOf, layerOf, type Token, tokenId } from './ranges';
import type { RunnableModel } from './runnable';
import { timesRows } from './vocabulary';
import type { Folded } from './weights';

/** Numbers of one circuit that are computed at once, 256 MB of f32. */
const MOST_ENTRIES = 2 ** 26;

/** Row-major numbers over what a circuit reads (rows) and what it compares with or writes to (columns). */
export interface Circuit {
  readonly layer: number;
  readonly head: number;
  /** Token ids or positions. */
  readonly rows: readonly number[];
  readonly cols: readonly number[];
  readonly data: Float32Array;
}

/**
 * The full OV circuit W_E·W_V·W_O·W_U: a row per source token, what the head adds to each logit when it attends to that
 * token alone, through the direct path (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits").
 * Weights are folded (see `folded.ts`), biases left out: logits, times both layernorms' scales.
 *
 * @param tokens the source tokens; all unless given
 * @throws `slice-invalid`, `token-invalid`, `no-tokenizer`, `limit-exceeded` when the table has more than 2²⁶ entries
 */
export async function ovCircuit(
  model: RunnableModel,
  at: { readonly layer: number; readonly head: number },
  tokens?: readonly Token[],
): Promise<Circuit> {
  const [layer, head] = [layerOf(model, at.layer), headOf(model, at.head)];
  const { d_vocab, d_vocab_out } = model.config;
  const rows = tokens?.map((token) => tokenId(model, token, 'input')) ?? range(d_vocab);
  assertSize(rows.length, d_vocab_out, 'Name the source tokens.');
  const { V, O } = await foldedHead(model, layer, head);
  const sources = pick(await inputEmbedding(model), rows).mmul(V);
  const unembed = await outputEmbedding(model);
  const written = (await throughFinalNorm(model, O)).to2DArray().map((direction) => timesRows(direction, unembed));
  const data = new Float32Array(rows.length * d_vocab_out);
  const sum = new Float64Array(d_vocab_out);
  rows.forEach((_, row) => {
    sum.fill(0);
    written.forEach((logits, dim) => {
      const weight = sources.get(row, dim);
      for (let j = 0; j < d_vocab_out; j++) sum[j]! += weight * logits[j]!;
    });
    data.set(sum, row * d_vocab_out);
  });
  return { layer, head, rows, cols: range(d_vocab_out), data };
}

/** Which vectors a side of the QK circuit holds: tokens' embeddings, or positions'. */
export type QkSide = { readonly tokens?: readonly Token[] } | { readonly positions: readonly number[] | 'all' };

/**
 * The full QK circuit W_E·W_Q·W_Kᵀ·W_Eᵀ / √d_head: how well a query (row) fits a key (column), each by its embedding
 * alone (Elhage et al. 2021). A side may be positions instead of tokens: W_pos·W_Q·W_Kᵀ·W_posᵀ shows a previous-token
 * head as a diagonal. Weights are folded, biases and the mask left out: attention scores, times the squared layernorm
 * scale.
 *
 * @throws `slice-invalid`, `token-invalid`, `no-tokenizer`, `limit-exceeded` when the table has more than 2²⁶ entries
 */
export async function qkCircuit(
  model: RunnableModel,
  at: { readonly layer: number; readonly head: number },
  query: QkSide = {},
  key: QkSide = {},
): Promise<Circuit> {
  const [layer, head] = [layerOf(model, at.layer), headOf(model, at.head)];
  const [rows, cols] = [sideOf(model, query), sideOf(model, key)];
  assertSize(rows.length, cols.length, 'Name the tokens of either side.');
  const { Q, K } = await foldedHead(model, layer, head);
  const embeddings = (side: QkSide) => ('positions' in side ? positionEmbedding(model) : inputEmbedding(model));
  const q = pick(await embeddings(query), rows).mmul(Q);
  const k = pick(await embeddings(key), cols).mmul(K);
  const { d_head } = model.config;
  const data = new Float32Array(rows.length * cols.length);
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < cols.length; j++) {
      let sum = 0;
      for (let dim = 0; dim < d_head; dim++) sum += q.get(i, dim) * k.get(j, dim);
      data[i * cols.length + j] = sum / Math.sqrt(d_head);
    }
  }
  return { layer, head, rows, cols, data };
}

export interface CopyingScore {
  readonly layer: number;
  readonly head: number;
  /** Σλ / Σ|λ| over the eigenvalues of the full OV circuit, from −1 to 1: near 1 the head copies; null for no write. */
  readonly score: number | null;
  /** The circuit's non-zero eigenvalues, at most d_head, largest first. */
  readonly eigenvalues: readonly { readonly re: number; readonly im: number }[];
}

/**
 * The eigenvalue copying score of every head (Elhage et al. 2021, "Summarizing OV/QK matrices"): Σλ / Σ|λ| over the
 * eigenvalues of W_E·W_V·W_O·W_U. A positive eigenvalue is a set of tokens that raise their own logits. These are the
 * eigenvalues of the d_head × d_head matrix W_O·W_U·W_E·W_V and zeros, so they are exact in float64. Where inputs and
 * outputs differ in number, the circuit has the token ids that both have.
 *
 * @throws what reading weights throws; the signal's reason when aborted
 */
export async function copyingScores(
  model: RunnableModel,
  options: {
    /** All unless given. */
    readonly heads?: readonly { readonly layer: number; readonly head: number }[];
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  } = {},
): Promise<CopyingScore[]> {
  const heads = options.heads?.map((at) => ({ layer: layerOf(model, at.layer), head: headOf(model, at.head) }));
  const wanted = heads ?? allHeads(model);
  const middle = throughVocabulary(await outputEmbedding(model), await inputEmbedding(model));
  const scores: CopyingScore[] = [];
  for (const { layer, head } of wanted) {
    options.signal?.throwIfAborted();
    const { V, O } = await foldedHead(model, layer, head);
    const core = (await throughFinalNorm(model, O)).mmul(middle).mmul(V);
    const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(core);
    const eigenvalues = realEigenvalues
      .map((re, i) => ({ re, im: imaginaryEigenvalues[i]! }))
      .sort((a, b) => Math.hypot(b.re, b.im) - Math.hypot(a.re, a.im));
    const size = eigenvalues.reduce((sum, { re, im }) => sum + Math.hypot(re, im), 0);
    const score = size > 0 ? eigenvalues.reduce((sum, { re }) => sum + re, 0) / size : null;
    scores.push({ layer, head, score, eigenvalues });
    options.onProgress?.({ done: scores.length, total: wanted.length });
  }
  return scores;
}

/** Every head, layer by layer. */
export function allHeads({ config: { n_layers, n_heads } }: RunnableModel): { layer: number; head: number }[] {
  return range(n_layers).flatMap((layer) => range(n_heads).map((head) => ({ layer, head })));
}

/** W_U·W_E [model, model], over the token ids that both have. */
function throughVocabulary(unembed: Folded, embed: Folded): Matrix {
  const width = unembed.rows;
  const tokens = Math.min(unembed.cols, embed.rows);
  const rows = Array.from({ length: width }, (_, i) => {
    const sum = new Float64Array(width);
    for (let token = 0; token < tokens; token++) {
      const value = unembed.data[i * unembed.cols + token]!;
      const base = token * width;
      for (let j = 0; j < width; j++) sum[j]! += value * embed.data[base + j]!;
    }
    return finite(sum, 'unembed.W_U or embed.W_E');
  });
  return new Matrix(rows);
}

const range = (size: number) => [...Array(size).keys()];

function sideOf(model: RunnableModel, side: QkSide): number[] {
  if ('positions' in side) {
    const { n_ctx } = model.config;
    return side.positions === 'all' ? range(n_ctx) : side.positions.map((pos) => indexOf('pos', pos, n_ctx));
  }
  return side.tokens?.map((token) => tokenId(model, token, 'input')) ?? range(model.config.d_vocab);
}

function pick({ cols, data }: Folded, rows: readonly number[]): Matrix {
  const picked = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    picked.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return toMatrix({ rows: rows.length, cols, data: picked });
}

function assertSize(rows: number, cols: number, advice: string): void {
  if (rows * cols <= MOST_ENTRIES) return;
  throw new FluoroscopeError(
    'limit-exceeded',
    `A circuit of ${rows} × ${cols} tokens has ${rows * cols} numbers, more than ${MOST_ENTRIES}. ${advice}`,
  );
}
