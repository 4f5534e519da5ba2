/** How Hugging Face's GPT-2 names and lays out its weights. Its Conv1D multiplies by [in, out], as TransformerLens does. */
import type { ModelConfig } from './config';
import type { Source } from './weights';

export interface Gpt2Names {
  /**
   * What comes before every name: nothing in the bare network's files (`GPT2Model`, the original GPT-2), `transformer.`
   * in a whole model's, `module.transformer.` and the like where something was wrapped around it.
   */
  readonly prefix: string;
  /** The head's name: under the prefix or a part of it. Where the file has no head, the name that it would have. */
  readonly head: string;
}

export function gpt2Names(tensors: Iterable<string>): Gpt2Names {
  const names = [...tensors];
  const prefix = prefixOf(names);
  // 'a.b.' holds the head in 'a.b.', 'a.' or ''.
  const parts = prefix.split('.').slice(0, -1);
  const heads = Array.from({ length: parts.length + 1 }, (_, n) => [...parts.slice(0, n), 'lm_head.weight'].join('.'));
  return { prefix, head: heads.find((head) => names.includes(head)) ?? heads.at(-2) ?? heads[0]! };
}

/** Before the embedding's name; where that is missing or there are several, before another that a model has once. */
function prefixOf(names: readonly string[]): string {
  for (const landmark of ['wte.weight', 'wpe.weight', 'ln_f.weight']) {
    const found = names.filter((name) => name === landmark || name.endsWith(`.${landmark}`));
    if (found.length === 1) return found[0]!.slice(0, -landmark.length);
  }
  return '';
}

/** Masks that old versions stored among the weights, and a tied head stored a second time. */
export function ignoredInGpt2(tensor: string, { prefix, head }: Gpt2Names, tied: boolean): boolean {
  if (tensor === head) return tied;
  return tensor.startsWith(prefix) && /^h\.\d+\.attn\.(bias|masked_bias)$/.test(tensor.slice(prefix.length));
}

/** Every tensor of a GPT-2 file. */
export function gpt2Layout(config: ModelConfig, { prefix, head }: Gpt2Names, tied: boolean): Map<string, Source> {
  const { n_layers, d_model: model, d_mlp: neuron, d_vocab, n_ctx } = config;
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
  if (!tied) sources.set(head, { shape: [d_vocab, model], weights: new Map([['unembed.W_U', (data) => data]]) });
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
