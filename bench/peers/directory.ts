import type { ModelFiles } from '../../src/model/files';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import type { Shape, Weights } from './shapes';

/** The weights as a model directory in memory, as it would be downloaded. */
export function directory({ shape, weights }: { readonly shape: Shape; readonly weights: Weights }): ModelFiles {
  const config = {
    model_type: 'gpt2',
    n_layer: shape.layers,
    n_embd: shape.width,
    n_head: shape.heads,
    n_positions: shape.tokens,
    n_ctx: shape.tokens,
    vocab_size: shape.vocab,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
  };
  const tensors = [...weights].map(([name, { shape: sizes, data }]) => ({
    name,
    shape: sizes,
    dtype: 'F32' as const,
    data,
  }));
  const files: Record<string, () => Uint8Array<ArrayBuffer>> = {
    'config.json': () => new TextEncoder().encode(JSON.stringify(config)),
    'model.safetensors': () => writeSafetensors(tensors, {}) as Uint8Array<ArrayBuffer>,
  };
  return { name: shape.name, read: async (path) => files[path]?.() ?? null };
}
