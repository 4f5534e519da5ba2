import { loadModel } from '../../src/load-model';
import type { ModelFiles } from '../../src/model/files';
import type { Retain } from '../../src/program/retain';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import type { Enter, Field } from './contestant';

export const fluoroscope =
  (device: GPUDevice, version: string, retain: Retain): Enter =>
  async (field) => {
    const model = await loadModel(directory(field), { device });
    const tokens = [...field.tokens];
    const { output } = model.program(1, tokens.length);
    return {
      name: `Fluoroscope, ${retain === 'all' ? 'every value kept' : 'logits only'}`,
      version,
      async run() {
        const trace = await model.run(tokens, { retain });
        const { data } = await trace.read(output, { batch: 0, pos: -1 });
        trace.dispose();
        return data;
      },
      dispose: () => model.dispose(),
    };
  };

/** The weights as a model directory in memory, as it would be downloaded. */
export function directory({ shape, weights }: Pick<Field, 'shape' | 'weights'>): ModelFiles {
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
