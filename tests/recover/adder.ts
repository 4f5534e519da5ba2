/** A model directory in memory that adds mod p by construction: each neuron a wave of one frequency. */
import type { ModelConfig } from '../../src/model/config';
import type { ModelFiles } from '../../src/model/files';
import { weightSpecs } from '../../src/model/weights';
import { sizeOf } from '../../src/tensor/layout';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { random } from '../kernels/numbers';

const PHASES = 8;

/**
 * Σ_φ ReLU(cos(wa + φ) + cos(wb + φ)) · (cos 2φ, −sin 2φ) points where cos and sin of w(a + b) do: the second harmonic of
 * |cos| is 4/3π times that.
 *
 * @param share of these weights; the rest of each is random
 */
export function adder(p: number, frequencies: readonly number[], share = 1): ModelFiles {
  const waves = 2 * frequencies.length;
  const config: ModelConfig = {
    n_layers: 1,
    n_heads: 1,
    d_model: 2 * waves,
    d_head: waves,
    d_mlp: PHASES * frequencies.length,
    d_vocab: p + 1,
    d_vocab_out: p,
    n_ctx: 3,
    act_fn: 'relu',
    normalization_type: null,
    attn_only: false,
    attention_dir: 'causal',
    eps: 1e-5,
  };
  const { d_model, d_mlp } = config;
  const weights = new Map([...weightSpecs(config)].map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]));
  const set = (name: string, row: number, width: number, col: number, value: number) => {
    weights.get(name)![row * width + col] = value;
  };
  for (let i = 0; i < waves; i++) {
    set('blocks.0.attn.W_V', i, waves, i, 1);
    set('blocks.0.attn.W_O', i, d_model, i, 3); // Without queries and keys each of the three positions has a third.
  }
  frequencies.forEach((k, j) => {
    const [cos, sin] = [2 * j, 2 * j + 1];
    for (let n = 0; n < p; n++) {
      const angle = (2 * Math.PI * k * n) / p;
      set('embed.W_E', n, d_model, cos, Math.cos(angle));
      set('embed.W_E', n, d_model, sin, Math.sin(angle));
      set('unembed.W_U', waves + cos, p, n, 8 * Math.cos(angle));
      set('unembed.W_U', waves + sin, p, n, 8 * Math.sin(angle));
    }
    for (let i = 0; i < PHASES; i++) {
      const [phase, neuron] = [(2 * Math.PI * i) / PHASES, PHASES * j + i];
      set('blocks.0.mlp.W_in', cos, d_mlp, neuron, Math.cos(phase));
      set('blocks.0.mlp.W_in', sin, d_mlp, neuron, -Math.sin(phase));
      set('blocks.0.mlp.W_out', neuron, d_model, waves + cos, Math.cos(2 * phase));
      set('blocks.0.mlp.W_out', neuron, d_model, waves + sin, -Math.sin(2 * phase));
    }
  });
  const next = random(1);
  const tensors = [...weightSpecs(config)].map(([name, { shape }]) => {
    const data = weights.get(name)!.map((value) => share * value + (1 - share) * (next() - 0.5));
    return { name, dtype: 'F32' as const, shape, data };
  });
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
  return { name: `adder-${share}`, read: async (path) => files.get(path)?.slice() ?? null };
}
