/** GPT-2-shaped models with seeded random weights, in the names and layouts of the GPT-2 checkpoint. */
import { gaussian } from '../../src/tensor/random';

export interface Shape {
  readonly name: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocab: number;
  /** Length of the prompt and of the context. */
  readonly tokens: number;
  readonly rounds: number;
}

export const SHAPES: readonly Shape[] = [
  { name: 'small', layers: 4, width: 128, heads: 4, vocab: 1024, tokens: 64, rounds: 7 },
  { name: 'wide', layers: 2, width: 768, heads: 12, vocab: 4096, tokens: 64, rounds: 3 },
  { name: 'gpt2', layers: 12, width: 768, heads: 12, vocab: 50257, tokens: 64, rounds: 7 },
];

/** By the checkpoint's names; matrices are [in, out] as its Conv1D has them, the embeddings [rows, width]. */
export type Weights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
>;

/** As GPT-2 is initialised (standard deviation 0.02), with gains and biases that differ, so that no part is idle. */
export function makeWeights({ layers, width, vocab, tokens }: Shape): Weights {
  const next = gaussian(7);
  const weights = new Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>();
  const add = (name: string, shape: number[], mean = 0, deviation = 0.02) => {
    const data = Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => mean + deviation * next());
    weights.set(name, { shape, data });
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [width], 1, 0.1);
    add(`${name}.bias`, [width], 0, 0.1);
  };
  const linear = (name: string, from: number, to: number) => {
    add(`${name}.weight`, [from, to], 0, 1 / Math.sqrt(from));
    add(`${name}.bias`, [to]);
  };
  add('wte.weight', [vocab, width], 0, 1 / Math.sqrt(width));
  add('wpe.weight', [tokens, width], 0, 1 / Math.sqrt(width));
  for (let layer = 0; layer < layers; layer++) {
    const block = `h.${layer}`;
    norm(`${block}.ln_1`);
    linear(`${block}.attn.c_attn`, width, 3 * width);
    linear(`${block}.attn.c_proj`, width, width);
    norm(`${block}.ln_2`);
    linear(`${block}.mlp.c_fc`, width, 4 * width);
    linear(`${block}.mlp.c_proj`, 4 * width, width);
  }
  norm('ln_f');
  return weights;
}

export function makeTokens({ tokens, vocab }: Shape): number[] {
  return Array.from({ length: tokens }, (_, pos) => (pos * 37 + 11) % vocab);
}

/** GPT-2's epsilon. */
export const EPSILON = 1e-5;

/** Floating-point operations of the matrix products of one pass, a multiply-add counted as two. */
export function flopsOf({ layers, width, vocab, tokens }: Shape): number {
  return 2 * tokens * (layers * (12 * width * width + 2 * tokens * width) + width * vocab);
}
