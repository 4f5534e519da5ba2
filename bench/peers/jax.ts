import { defaultDevice, init, type Array as JaxArray, jit, nn, numpy as np } from '@jax-js/jax';
import type { Enter } from './contestant';
import { EPSILON } from './shapes';

type Params = Record<string, JaxArray>;

/** Its arrays are owned: an operation consumes its operands, `.ref` keeps one for another use. */
export const jax =
  (version: string): Enter =>
  async ({ shape, weights, tokens }) => {
    await init('webgpu');
    defaultDevice('webgpu');
    const { layers, width, heads } = shape;
    const dim = width / heads;
    const pos = tokens.length;
    const held: Params = {};
    for (const [name, { shape: sizes, data }] of weights) {
      held[name] = np.array(data, { shape: [...sizes], dtype: np.float32 });
    }
    const ids = np.array(Int32Array.from(tokens), { dtype: np.int32 });

    const pass = jit((p: Params, prompt: JaxArray) => {
      const linear = (x: JaxArray, name: string) => np.matmul(x, p[`${name}.weight`]!.ref).add(p[`${name}.bias`]!.ref);
      const norm = (x: JaxArray, name: string) =>
        nn.standardize(x, -1, { epsilon: EPSILON }).mul(p[`${name}.weight`]!.ref).add(p[`${name}.bias`]!.ref);
      const attention = (x: JaxArray, name: string) => {
        const [q, k, v] = np.split(linear(x, `${name}.c_attn`), 3, -1) as [JaxArray, JaxArray, JaxArray];
        const perHead = (part: JaxArray) => part.reshape([pos, heads, dim]);
        const z = nn.dotProductAttention(perHead(q), perHead(k), perHead(v), { isCausal: true });
        return linear(z.reshape([pos, width]), `${name}.c_proj`);
      };
      let x = np.take(p['wte.weight']!.ref, prompt, 0).add(p['wpe.weight']!.ref);
      for (let layer = 0; layer < layers; layer++) {
        const block = `h.${layer}`;
        x = x.ref.add(attention(norm(x, `${block}.ln_1`), `${block}.attn`));
        const pre = linear(norm(x.ref, `${block}.ln_2`), `${block}.mlp.c_fc`);
        x = x.add(linear(nn.gelu(pre, { approximate: true }), `${block}.mlp.c_proj`));
      }
      const logits = np.matmul(norm(x, 'ln_f'), np.matrixTranspose(p['wte.weight']!.ref));
      return logits.slice(-1);
    });
    return {
      name: 'jax-js, WebGPU, jitted',
      version,
      run: async () => {
        const params = Object.fromEntries(Object.entries(held).map(([name, array]) => [name, array.ref]));
        return (await pass(params, ids.ref).data()) as Float32Array;
      },
      dispose: () => {
        pass.dispose();
        ids.dispose();
        for (const array of Object.values(held)) array.dispose();
      },
    };
  };
