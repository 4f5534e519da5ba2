/** How Hugging Face's GPT-2 names and lays out its weights. Its Conv1D multiplies by [in, out], as TransformerLens does. */
import type { ModelConfig } from './config';
import type { StoredWeights } from './weight-files';
import type { Source } from './weights';

const HEAD = 'lm_head.weight';

/** A whole model's names have a prefix that the bare network's (`GPT2Model`, the original GPT-2's files) lack. */
function prefixOf(tensors: Iterable<string>): string {
  return [...tensors].some((name) => name.startsWith('transformer.')) ? 'transformer.' : '';
}

/** Masks that old versions stored among the weights, and a tied head stored a second time. */
export function ignoredInGpt2(tied: boolean): RegExp {
  const masks = String.raw`^(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)$`;
  return new RegExp(tied ? String.raw`${masks}|^lm_head\.weight$` : masks);
}

/**
 * Whether the unembedding is the embedding: it is not stored, or stored as the same bytes again.
 * @param declared config.json's `tie_word_embeddings`; null where it says nothing, and then the file decides.
 * @param problems gets a line where file and config contradict each other.
 */
export function isTied(stored: StoredWeights, declared: boolean | null, problems: string[]): boolean {
  const head = stored.get(HEAD);
  if (!head) return declared !== false; // otherwise a weight is missing, and the check says so
  const embedding = `${prefixOf(stored.keys())}wte.weight`;
  const file = stored.get(embedding);
  if (!file) return false;
  const [a, b] = [head.tensors.get(HEAD)!, file.tensors.get(embedding)!];
  const bytes = file.bytes.subarray(b.begin, b.end);
  const same =
    a.dtype === b.dtype &&
    a.end - a.begin === bytes.length &&
    head.bytes.subarray(a.begin, a.end).every((byte, i) => byte === bytes[i]);
  if (!same && declared === true) {
    problems.push(`${HEAD} differs from ${embedding}, expected the same: config.json has tie_word_embeddings true`);
  }
  return same;
}

/** Every tensor of a GPT-2 file. @param tensors the file's names: they tell whether it uses the prefix. */
export function gpt2Layout(config: ModelConfig, tensors: Iterable<string>, tied: boolean): Map<string, Source> {
  const { n_layers, d_model: model, d_mlp: neuron, d_vocab, n_ctx } = config;
  const prefix = prefixOf(tensors);
  const sources = new Map<string, Source>();
  const same = (tensor: string, shape: readonly number[], weight: string) =>
    sources.set(prefix + tensor, { shape, weights: new Map([[weight, (data) => data]]) });
  const norm = (tensor: string, weight: string) => {
    same(`${tensor}.weight`, [model], `${weight}.w`);
    same(`${tensor}.bias`, [model], `${weight}.b`);
  };
  /** q, k and v lie side by side: [rows, 3·model]. */
  const threefold = (tensor: string, shape: readonly number[], weights: readonly string[]) => {
    const takes = weights.map((weight, i) => [
      weight,
      (data: Float32Array) => columns(data, 3 * model, i * model, model),
    ]);
    sources.set(prefix + tensor, {
      shape,
      weights: new Map(takes as [string, (data: Float32Array) => Float32Array][]),
    });
  };
  same('wte.weight', [d_vocab, model], 'embed.W_E');
  same('wpe.weight', [n_ctx, model], 'pos_embed.W_pos');
  for (let layer = 0; layer < n_layers; layer++) {
    const [h, block] = [`h.${layer}`, `blocks.${layer}`];
    norm(`${h}.ln_1`, `${block}.ln1`);
    const letters = ['Q', 'K', 'V'];
    threefold(
      `${h}.attn.c_attn.weight`,
      [model, 3 * model],
      letters.map((letter) => `${block}.attn.W_${letter}`),
    );
    threefold(
      `${h}.attn.c_attn.bias`,
      [3 * model],
      letters.map((letter) => `${block}.attn.b_${letter}`),
    );
    same(`${h}.attn.c_proj.weight`, [model, model], `${block}.attn.W_O`);
    same(`${h}.attn.c_proj.bias`, [model], `${block}.attn.b_O`);
    norm(`${h}.ln_2`, `${block}.ln2`);
    same(`${h}.mlp.c_fc.weight`, [model, neuron], `${block}.mlp.W_in`);
    same(`${h}.mlp.c_fc.bias`, [neuron], `${block}.mlp.b_in`);
    same(`${h}.mlp.c_proj.weight`, [neuron, model], `${block}.mlp.W_out`);
    same(`${h}.mlp.c_proj.bias`, [model], `${block}.mlp.b_out`);
  }
  norm('ln_f', 'ln_final');
  if (!tied) sources.set(HEAD, { shape: [d_vocab, model], weights: new Map([['unembed.W_U', (data) => data]]) });
  return sources;
}

/** Columns [first, first + count) of a matrix with rows of `width`. */
function columns(matrix: Float32Array, width: number, first: number, count: number): Float32Array {
  const rows = matrix.length / width;
  const out = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    out.set(matrix.subarray(row * width + first, row * width + first + count), row * count);
  }
  return out;
}
