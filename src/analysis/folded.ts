/**
 * Weights as they act on the residual stream. What reads the stream reads it through a layernorm: it sees (x − mean) /
 * scale ⊙ gain. As TransformerLens's `fold_ln` does, the gain is multiplied into the reading weight and the mean along
 * the model axis taken out of it, exactly: W' = (I − 11ᵀ/d)·diag(gain)·W. As its `center_writing_weights`, writing weights
 * lose their mean along the model axis, which no reader sees. The scale differs from position to position and stays out:
 * multiply by 1 / scale to get the pass's own units. LNPre has no gain; without normalization weights stay as they are.
 */
import { Matrix } from 'ml-matrix';
import { FluoroscopeError } from '../errors';
import type { RunnableModel } from './runnable';
import { type Folded, weightOf } from './weights';

export interface FoldedHead {
  readonly layer: number;
  readonly head: number;
  /** [model, dim]: what the head reads to look, to be found, to hand over. */
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  /** [dim, model]: what it writes. */
  readonly O: Matrix;
}

/** One head's weights, folded. Biases are not part of a circuit. */
export async function foldedHead(model: RunnableModel, layer: number, head: number): Promise<FoldedHead> {
  const { d_model, d_head } = model.config;
  const attn = `blocks.${layer}.attn`;
  const size = d_model * d_head;
  const own = async (name: string) => {
    const { data } = await weightOf(model, `${attn}.${name}`);
    return finite(Float64Array.from(data.subarray(head * size, (head + 1) * size)), `${attn}.${name}, head ${head}`);
  };
  const gain = await gainOf(model, `blocks.${layer}.ln1`);
  const read = async (name: string) => {
    return toMatrix(foldRead(model, { rows: d_model, cols: d_head, data: await own(name) }, gain));
  };
  const [Q, K, V] = await Promise.all([read('W_Q'), read('W_K'), read('W_V')]);
  const O = toMatrix(foldWrite(model, { rows: d_head, cols: d_model, data: await own('W_O') }));
  return { layer, head, Q, K, V, O };
}

/** W_in [model, neuron], folded. */
export async function foldedIn(model: RunnableModel, layer: number): Promise<Folded> {
  const { data, shape } = await weightOf(model, `blocks.${layer}.mlp.W_in`);
  const gain = await gainOf(model, `blocks.${layer}.ln2`);
  return foldRead(
    model,
    { rows: shape[0]!, cols: shape[1]!, data: finite(Float64Array.from(data), `blocks.${layer}.mlp.W_in`) },
    gain,
  );
}

/** W_out [neuron, model], folded. */
export async function foldedOut(model: RunnableModel, layer: number): Promise<Folded> {
  const { data, shape } = await weightOf(model, `blocks.${layer}.mlp.W_out`);
  return foldWrite(model, {
    rows: shape[0]!,
    cols: shape[1]!,
    data: finite(Float64Array.from(data), `blocks.${layer}.mlp.W_out`),
  });
}

/** W_U [model, vocab], as it is stored: fold what is multiplied with it, see `throughFinalNorm`. */
export async function outputEmbedding(model: RunnableModel): Promise<Folded> {
  const { data, shape } = await weightOf(model, 'unembed.W_U');
  return { rows: shape[0]!, cols: shape[1]!, data };
}

/** Directions of the residual stream as rows [n, model], after the final layernorm without its scale: v·(I − 11ᵀ/d)·diag(gain). */
export async function throughFinalNorm(model: RunnableModel, directions: Matrix): Promise<Matrix> {
  if (!model.config.normalization_type) return directions;
  const gain = await gainOf(model, 'ln_final');
  return new Matrix(
    directions.to2DArray().map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      return row.map((value, i) => (value - mean) * (gain?.[i] ?? 1));
    }),
  );
}

/** W_E [vocab, model], as it is stored. */
export async function inputEmbedding(model: RunnableModel): Promise<Folded> {
  const { data, shape } = await weightOf(model, 'embed.W_E');
  return { rows: shape[0]!, cols: shape[1]!, data };
}

/** W_pos [pos, model], as it is stored. */
export async function positionEmbedding(model: RunnableModel): Promise<Folded> {
  const { data, shape } = await weightOf(model, 'pos_embed.W_pos');
  return { rows: shape[0]!, cols: shape[1]!, data };
}

/**
 * The same values: a decomposition of a NaN may never end.
 *
 * @throws `analysis-invalid`
 */
export function finite(values: Float64Array, name: string): Float64Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw new FluoroscopeError(
    'analysis-invalid',
    `${name} holds ${values[at]}, so its circuits have no numbers: check the weights.`,
  );
}

export function toMatrix({ rows, cols, data }: Folded): Matrix {
  return new Matrix(Array.from({ length: rows }, (_, row) => data.subarray(row * cols, (row + 1) * cols)));
}

/** Number of directions of the residual stream that its readers see. */
export function visibleWidth({ config: { d_model, normalization_type } }: RunnableModel): number {
  return normalization_type ? d_model - 1 : d_model;
}

async function gainOf(model: RunnableModel, norm: string): Promise<Float32Array | null> {
  return model.config.normalization_type === 'LN' ? (await weightOf(model, `${norm}.w`)).data : null;
}

/** In place: rows times the gain, then each column minus its mean. */
function foldRead(model: RunnableModel, weight: Folded, gain: Float32Array | null): Folded {
  if (!model.config.normalization_type) return weight;
  const { rows, cols, data } = weight;
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      if (gain) data[i * cols + j]! *= gain[i]!;
      mean[j]! += data[i * cols + j]! / rows;
    }
  }
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) data[i * cols + j]! -= mean[j]!;
  return weight;
}

/** In place: each row minus its mean. */
function foldWrite(model: RunnableModel, weight: Folded): Folded {
  if (!model.config.normalization_type) return weight;
  const { rows, cols, data } = weight;
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    for (let j = 0; j < cols; j++) mean += data[i * cols + j]! / cols;
    for (let j = 0; j < cols; j++) data[i * cols + j]! -= mean;
  }
  return weight;
}
