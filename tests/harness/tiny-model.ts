import type { ModelConfig } from '../../src/model/config';
import type { ModelFiles } from '../../src/model/files';
import { weightSpecs } from '../../src/model/weights';
import { sizeOf } from '../../src/tensor/layout';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { random } from '../kernels/numbers';

const usual: ModelConfig = {
  n_layers: 2,
  n_heads: 3,
  d_model: 35,
  d_head: 7,
  d_mlp: 65,
  d_vocab: 101,
  d_vocab_out: 101,
  n_ctx: 64,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attn_only: false,
  attention_dir: 'causal',
  eps: 1e-5,
};

/** A model directory in memory, TransformerLens's layout, with random weights of odd sizes. */
export function tinyModel(change: Partial<ModelConfig> = {}, seed = 1): ModelFiles & { readonly config: ModelConfig } {
  const config = { ...usual, ...change };
  const next = random(seed);
  const tensors = [...weightSpecs(config)].map(([name, { shape }]) => {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => 0.8 * next() - 0.4);
    if (name.endsWith('.w')) for (let i = 0; i < data.length; i++) data[i]! += 1;
    return { name, dtype: 'F32' as const, shape, data };
  });
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
  return { name: 'tiny', config, read: async (path) => files.get(path)?.slice() ?? null };
}
