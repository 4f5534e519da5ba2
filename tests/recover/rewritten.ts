/** Models of `fixtures/` with other weights, in memory: the same function in other numbers. */

import { builtInUrl } from '../../src/built-in';
import type { ModelConfig } from '../../src/model/config';
import { type ModelFiles, readJson } from '../../src/model/files';
import { filesOf } from '../../src/model-source';
import { randomBasis } from '../../src/recover/subspace';
import { sizeOf } from '../../src/tensor/layout';
import { parseSafetensors, readF64 } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { random } from '../kernels/numbers';

export interface Weights {
  readonly config: ModelConfig;
  /** By TransformerLens names; to be changed in place. */
  readonly of: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float64Array }>;
}

export async function rewritten(
  name: string,
  ...changes: readonly ((weights: Weights) => void)[]
): Promise<ModelFiles> {
  const files = filesOf(builtInUrl(name));
  const config = (await readJson(files, 'config.json')) as ModelConfig;
  const stored = parseSafetensors((await files.read('model.safetensors'))!, name);
  const of = new Map(
    [...stored.tensors.keys()].map((tensor) => [
      tensor,
      { shape: stored.tensors.get(tensor)!.shape, data: readF64(stored, tensor) },
    ]),
  );
  for (const change of changes) change({ config, of });
  return inMemory(`${name}, rewritten`, { config, of });
}

export function inMemory(name: string, { config, of }: Weights): ModelFiles {
  const tensors = [...of].map(([tensor, { shape, data }]) => ({
    name: tensor,
    dtype: 'F32' as const,
    shape: [...shape],
    data: Float32Array.from(data),
  }));
  const contents = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
  return { name, read: async (path) => contents.get(path)?.slice() ?? null };
}

/** ReLU(s·x) = s·ReLU(x): each neuron of layer 0 by its own factor. */
export function rescale(factor: (neuron: number, bias: number) => number) {
  return ({ config: { d_mlp, d_model }, of }: Weights) => {
    const [into, bias, out] = ['W_in', 'b_in', 'W_out'].map((name) => of.get(`blocks.0.mlp.${name}`)!.data);
    for (let n = 0; n < d_mlp; n++) {
      const s = factor(n, bias![n]!);
      bias![n]! *= s;
      for (let i = 0; i < d_model; i++) {
        into![i * d_mlp + n]! *= s;
        out![n * d_model + i]! /= s;
      }
    }
  };
}

/** From 2^−most to 2^most. */
export function rescaleAtRandom(most: number, seed: number) {
  const next = random(seed);
  return rescale(() => 2 ** (most * (2 * next() - 1)));
}

/** The residual stream in another basis; for a model without normalization. */
export function rotate(seed: number) {
  return ({ config: { d_model }, of }: Weights) => {
    const turn = randomBasis(d_model, d_model, seed);
    for (const [name, { shape, data }] of of) {
      const short = name.split('.').at(-1)!;
      if (['b_in', 'b_Q', 'b_K', 'b_V', 'b_U'].includes(short)) continue;
      const reads = ['W_Q', 'W_K', 'W_V', 'W_in', 'W_U'].includes(short);
      const inner = reads ? shape.at(-1)! : 1; // […, model, inner]
      const outer = sizeOf([...shape]) / (d_model * inner);
      const before = data.slice();
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < d_model; i++) {
          for (let j = 0; j < inner; j++) {
            let value = 0;
            for (let m = 0; m < d_model; m++) value += turn[i]![m]! * before[(o * d_model + m) * inner + j]!;
            data[(o * d_model + i) * inner + j] = value;
          }
        }
      }
    }
  };
}
