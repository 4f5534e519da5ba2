/** Every kernel at odd sizes, with inputs: small enough to look at each element of its outputs. */
import { kernels } from '../../src/kernels';
import { fusions } from '../../src/kernels/fusions';
import { portSize, type Uniforms } from '../../src/kernels/kernel';
import { numbers, threeParts } from '../kernels/numbers';
import type { Inputs } from '../kernels/witness';

export interface Example {
  readonly values: Uniforms;
  readonly inputs: Inputs;
}

const { around, ids } = numbers(11);

const elements = (size: number): Example => ({ values: { size }, inputs: { x: around(0, size, 3) } });
const norm = (rows: number, cols: number): Example => ({
  values: { rows, cols, eps: 1e-5 },
  inputs: {
    x: around(1, rows * cols),
    gain: around(1, cols),
    bias: around(0, cols),
    scale: around(2, rows, 0.1),
    normalized: around(0, rows * cols),
  },
});
const matmul = (rows: number, inner: number, cols: number): Example => ({
  values: { rows, inner, cols },
  inputs: { x: around(0, rows * inner), w: around(0, inner * cols), bias: around(1, cols) },
});
const attention = (query: number, key: number, causal: number): Example => {
  const sizes = { batch: 2, head: 3, dim: 5 };
  return {
    values: { ...sizes, query, key, scale: 0.4472136, causal },
    inputs: {
      q: around(0, 30 * query),
      k: around(0, 30 * key),
      v: around(0, 30 * key),
      pattern: around(0.1, 6 * query * key, 0.05),
    },
  };
};
const norms = [norm(1, 1), norm(3, 65), norm(67, 3)];
const products = [matmul(1, 1, 1), matmul(3, 7, 5), matmul(67, 3, 131), matmul(129, 5, 65)];
const mixes = [attention(1, 1, 1), attention(7, 7, 1), attention(3, 9, 0)];

/** Sizes around one, a workgroup and a block; each kernel has at least one of several workgroups. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  add: [1, 65, 257].map((size) => ({ values: { size }, inputs: { a: around(0, size), b: around(0, size) } })),
  relu: [elements(1), elements(257)],
  gelu: [elements(1), elements(257)],
  gelu_new: [elements(1), elements(257)],
  silu: [elements(1), elements(257)],
  edit: [
    {
      values: { size: 129 },
      inputs: {
        x: around(0, 129),
        weight: Float32Array.from({ length: 129 }, (_, i) => [0, 1, -0.5][i % 3]!),
        offset: Float32Array.from({ length: 129 }, (_, i) => [0, 2, 0, -3, 1][i % 5]!),
      },
    },
  ],
  embed: [
    {
      values: { rows: 9, vocab: 8, model: 17, first: 4 },
      inputs: { table: around(0, 136), ids: Uint32Array.of(4, 5, 11, 12, 0, 3, 7, 7, 9) },
    },
    { values: { rows: 5, vocab: 13, model: 65, first: 0 }, inputs: { table: around(0, 845), ids: ids(13, 5) } },
  ],
  pos_embed: [{ values: { batch: 3, pos: 5, model: 17, n_ctx: 9 }, inputs: { table: around(0, 153) } }],
  concat: [
    {
      values: { rows: 7, left_cols: 5, right_cols: 13, cols: 18 },
      inputs: { left: around(0, 35), right: around(0, 91) },
    },
  ],
  extend_rows: [
    {
      values: { batch: 2, old: 6, past: 4, fresh: 3, pos: 7, width: 5 },
      inputs: { earlier: around(0, 60), later: around(0, 30) },
    },
    {
      values: { batch: 1, old: 1, past: 1, fresh: 1, pos: 2, width: 1 },
      inputs: { earlier: around(0, 1), later: around(0, 1) },
    },
  ],
  extend_keys: [
    {
      values: { heads: 3, old: 6, past: 4, fresh: 3, pos: 7, fill: -2 },
      inputs: { earlier: around(0, 108), later: around(0, 63) },
    },
    {
      values: { heads: 1, old: 2, past: 2, fresh: 1, pos: 3, fill: 0 },
      inputs: { earlier: around(0, 4), later: around(0, 3) },
    },
  ],
  head_result: [{ values: { rows: 5, head: 3, dim: 7, model: 11 }, inputs: { z: around(0, 105), w: around(0, 231) } }],
  matmul: products,
  unembed: products,
  attn_scores: mixes,
  attn_mix: mixes,
  softmax: [...norms, { values: { rows: 2, cols: 3 }, inputs: { x: Float32Array.of(1, -1e30, -1e30, 5, 7, -1e30) } }],
  normalize: norms,
  layernorm: norms,
  ln_scale: norms,
  ln_divide: norms,
  ln_affine: norms,
};

export const allVariants = Object.values(kernels).flatMap((kernel) =>
  kernel.variants.map((variant) => [`${kernel.name} (${variant.name})`, kernel, variant] as const),
);

/** Every fusion, on numbers that do not matter: who stores them does. */
export const fusedVariants = Object.values(fusions).flatMap((fusion) =>
  fusion.variants.map((variant) => [`${fusion.name} (${variant.name})`, fusion, variant] as const),
);

export const fusedExamples: Readonly<Record<string, readonly Example[]>> = Object.fromEntries(
  Object.values(fusions).map((fusion) => {
    const own: Readonly<Record<string, readonly Pick<Example, 'values'>[]>> = {
      attn_pattern: [attention(7, 7, 1), attention(19, 5, 0)],
      extend_attention: examples.extend_keys!.map(({ values: { fill, ...sizes } }) => ({
        values: { ...sizes, scores_fill: fill!, pattern_fill: 0 },
      })),
    };
    const sizes = own[fusion.name] ?? products;
    const reads = fusion.ports.filter(({ access }) => access === 'read');
    return [
      fusion.name,
      sizes.map(({ values: given }) => {
        const values = { ...given, ...threeParts(given.inner ?? 0, given.cols ?? 0) };
        return {
          values,
          inputs: Object.fromEntries(reads.map((port) => [port.name, around(0, portSize(port, values))])),
        };
      }),
    ];
  }),
);
