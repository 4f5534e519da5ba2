import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Enter } from './contestant';
import { EPSILON } from './shapes';

export const tfjs: Enter = async ({ shape, weights, tokens }) => {
  await tf.setBackend('webgpu');
  await tf.ready();
  const { layers, width, heads } = shape;
  const dim = width / heads;
  const pos = tokens.length;
  const held = new Map([...weights].map(([name, { shape: sizes, data }]) => [name, tf.tensor(data, [...sizes])]));
  const weight = <Rank extends tf.Rank>(name: string) => held.get(name) as tf.Tensor<Rank>;
  const ids = tf.tensor1d([...tokens], 'int32');
  const mask = tf.tensor2d(
    Float32Array.from({ length: pos * pos }, (_, i) => (i % pos > Math.floor(i / pos) ? -1e30 : 0)),
    [pos, pos],
  );

  const norm = (x: tf.Tensor2D, name: string) => {
    const centred = x.sub(x.mean(1, true));
    const scale = centred.square().mean(1, true).add(EPSILON).rsqrt();
    return centred
      .mul(scale)
      .mul(weight(`${name}.weight`))
      .add(weight(`${name}.bias`)) as tf.Tensor2D;
  };
  const linear = (x: tf.Tensor2D, name: string) =>
    tf.add(tf.matMul(x, weight<tf.Rank.R2>(`${name}.weight`)), weight(`${name}.bias`)) as tf.Tensor2D;
  const gelu = (x: tf.Tensor2D) => {
    const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(inner.tanh().add(1)).mul(0.5) as tf.Tensor2D;
  };
  const attention = (x: tf.Tensor2D, name: string) => {
    const perHead = linear(x, `${name}.c_attn`).reshape([pos, 3, heads, dim]).transpose([1, 2, 0, 3]);
    const [q, k, v] = tf.unstack(perHead) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const pattern = tf.softmax(tf.matMul(q, k, false, true).div(Math.sqrt(dim)).add(mask)) as tf.Tensor3D;
    const z = tf.matMul(pattern, v).transpose([1, 0, 2]).reshape([pos, width]) as tf.Tensor2D;
    return linear(z, `${name}.c_proj`);
  };
  const pass = () =>
    tf.tidy(() => {
      let x = tf.gather(weight('wte.weight'), ids).add(weight('wpe.weight')) as tf.Tensor2D;
      for (let layer = 0; layer < layers; layer++) {
        const block = `h.${layer}`;
        x = x.add(attention(norm(x, `${block}.ln_1`), `${block}.attn`));
        const pre = linear(norm(x, `${block}.ln_2`), `${block}.mlp.c_fc`);
        x = x.add(linear(gelu(pre), `${block}.mlp.c_proj`));
      }
      const logits = tf.matMul(norm(x, 'ln_f'), weight<tf.Rank.R2>('wte.weight'), false, true);
      return logits.slice([pos - 1, 0], [1, -1]);
    });
  return {
    name: 'TF.js, WebGPU',
    version: tf.version_core,
    async run() {
      const last = pass();
      const data = await last.data<'float32'>();
      last.dispose();
      return data;
    },
    dispose: () => {
      for (const tensor of [ids, mask, ...held.values()]) tensor.dispose();
    },
  };
};
