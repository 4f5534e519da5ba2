/** Breaks every kernel on purpose. A bound that lets one of these mistakes pass would prove nothing. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import type { Uniforms, Variant } from '../../src/kernels/kernel';
import { numbers } from './numbers';
import { type Inputs, witness } from './witness';

interface Mutation {
  readonly mistake: string;
  /** Output whose bound is broken. */
  readonly port: string;
  /** All but `clear` by name. */
  readonly variant?: string;
  /** Text in the shader, and what replaces it everywhere; or the whole shader of another kernel. */
  readonly edit: readonly [string, string] | { readonly shaderOf: string };
}

interface Example {
  readonly values: Uniforms;
  readonly inputs: Inputs;
  readonly mutations: readonly Mutation[];
}

const { around } = numbers(7);

const attention = { batch: 2, head: 3, query: 9, key: 9, dim: 7 };
const square = { rows: 9, inner: 9, cols: 9 };
const squareInputs = { x: around(0, 81), w: around(0, 81), bias: around(1, 9) };
const product: readonly Mutation[] = ['clear', 'registers', 'tiled', 'quads'].flatMap((variant): Mutation[] => [
  { mistake: 'no bias', variant, port: 'y', edit: ['+ bias[c', '+ 0 * bias[c'] },
  { mistake: 'transposed weight', variant, port: 'y', edit: [', TRANSPOSED)', ', !TRANSPOSED)'] },
]);
const productEdges: readonly Mutation[] = [
  { mistake: 'the last term left out', port: 'y', edit: ['k < u.inner', 'k < u.inner - 1'] },
  { mistake: 'the last term left out', variant: 'registers', port: 'y', edit: ['k < u.inner', 'k < u.inner - 1'] },
  {
    mistake: 'the last row not stored',
    variant: 'registers',
    port: 'y',
    edit: ['u.rows - row)', 'u.rows - row - 1)'],
  },
  { mistake: 'reads on beyond inner', variant: 'tiled', port: 'y', edit: ['k >= u.inner', 'false'] },
  { mistake: 'columns of a block swapped', variant: 'tiled', port: 'y', edit: ['[j % 4]', '[3 - j % 4]'] },
  { mistake: 'the sums of a run not added', variant: 'tiled', port: 'y', edit: ['left1 += l1', 'left1 = vec4f()'] },
  { mistake: 'reads on beyond inner', variant: 'quads', port: 'y', edit: [', 0, beyond)', ', 0, false)'] },
  { mistake: 'a lane hands on its own value', variant: 'quads', port: 'y', edit: ['(value, 2)', '(value, 1)'] },
  { mistake: 'columns of a block swapped', variant: 'quads', port: 'y', edit: ['sums[j]', 'sums[3 - j]'] },
  { mistake: 'few rows taken for many', variant: 'quads', port: 'y', edit: ['group.x * ROWS', 'group.x * 16'] },
  {
    mistake: 'rows of a small block swapped',
    variant: 'quads',
    port: 'y',
    edit: ['(l0, l1, l2, l3)', '(l0, l2, l1, l3)'],
  },
  { mistake: 'rows of a block swapped', variant: 'registers', port: 'y', edit: ['l3, r3, l4, r4', 'l4, r4, l3, r3'] },
];
const large = { rows: 70, inner: 9, cols: 70 };
const largeInputs = { x: around(0, 630), w: around(0, 630), bias: around(1, 70) };
const largeBlocks: readonly Mutation[] = [
  { mistake: 'reads on beyond inner', variant: 'quads', port: 'y', edit: [', 0, beyond)', ', 0, false)'] },
  { mistake: 'the left half twice', variant: 'quads', port: 'y', edit: ['right_sums[i]', 'left_sums[i]'] },
  { mistake: 'rows of a large block swapped', variant: 'quads', port: 'y', edit: ['l8, l9', 'l9, l8'] },
  { mistake: 'many rows taken for few', variant: 'quads', port: 'y', edit: ['group.x * ROWS', 'group.x * 4'] },
];
const normalizing: readonly Mutation[] = [
  { mistake: 'wrong eps', port: 'scale', edit: ['u.eps)', '1.5 * u.eps)'] },
  { mistake: 'no eps', port: 'scale', edit: [' + u.eps)', ')'] },
  { mistake: 'eps outside the root', port: 'scale', edit: ['sqrt(squares / d + u.eps)', 'sqrt(squares / d) + u.eps'] },
  { mistake: 'the unbiased variance', port: 'scale', edit: ['squares / d', 'squares / (d - 1)'] },
  { mistake: 'not centred', port: 'normalized', edit: ['(x[base + i] - mean) / s', 'x[base + i] / s'] },
  { mistake: 'scale not written', port: 'scale', edit: ['scale[row] = s;', ''] },
];
/** What the variants with several invocations to a row can get wrong beside. */
const bySeveral = (port: string, edit: readonly [string, string]): Mutation[] =>
  ['quads', 'tiled'].flatMap((variant) => [
    { mistake: 'a wrong term', variant, port, edit },
    { mistake: 'the sum of half the invocations', variant, port, edit: ['i < LANES;', 'i < LANES / 2;'] as const },
  ]);
const normalizable = { x: around(1, 9 * 35, 0.01), gain: around(2, 35), bias: around(1, 35) };

const examples: Record<string, Example | readonly Example[]> = {
  embed: {
    values: { rows: 9, vocab: 8, model: 5, first: 4 },
    inputs: { table: around(0, 40), ids: Uint32Array.of(4, 5, 11, 12, 0, 3, 7, 7, 9) },
    mutations: [
      { mistake: "the part's first id ignored", port: 'out', edit: [' - u.first', ''] },
      { mistake: 'no zeros beyond the part', port: 'out', edit: ['if (entry < u.vocab)', 'if (true)'] },
    ],
  },
  pos_embed: {
    values: { batch: 3, pos: 5, model: 7, n_ctx: 40 },
    inputs: { table: around(0, 280) },
    mutations: [{ mistake: 'positions run on over the batch', port: 'out', edit: ['i % (u.pos * u.model)', 'i'] }],
  },
  add: {
    values: { size: 65 },
    inputs: { a: around(0, 65), b: around(0, 65) },
    mutations: [
      { mistake: 'subtracts', port: 'sum', edit: ['a[i] + b[i]', 'a[i] - b[i]'] },
      { mistake: 'the last value not written', port: 'sum', edit: ['i >= u.size', 'i + 1 >= u.size'] },
    ],
  },
  normalize: [
    {
      values: { rows: 9, cols: 35, eps: 1e-5 },
      inputs: normalizable,
      mutations: [...normalizing, ...bySeveral('scale', ['u.eps)', '1.5 * u.eps)'])],
    },
    {
      values: { rows: 9, cols: 35, eps: 1e-5 },
      inputs: { x: around(1000, 9 * 35) },
      mutations: [
        {
          mistake: 'one-pass variance',
          port: 'scale',
          edit: [
            'let s = sqrt(squares / d + u.eps);',
            `squares = 0;
             for (var i = 0u; i < u.cols; i++) { squares += x[base + i] * x[base + i]; }
             let s = sqrt(squares / d - mean * mean + u.eps);`,
          ],
        },
      ],
    },
  ],
  layernorm: {
    values: { rows: 9, cols: 35, eps: 1e-5 },
    inputs: normalizable,
    mutations: [
      ...normalizing,
      ...bySeveral('scale', ['u.eps)', '1.5 * u.eps)']),
      { mistake: 'normalized not written', port: 'normalized', edit: ['normalized[base + i] = value;', ''] },
      { mistake: 'no gain', port: 'out', edit: ['gain[i] * value', 'value'] },
      { mistake: 'no bias', port: 'out', edit: [' + bias[i]', ''] },
    ],
  },
  ln_scale: {
    values: { rows: 9, cols: 35, eps: 1e-5 },
    inputs: normalizable,
    mutations: [
      { mistake: 'wrong eps', port: 'scale', edit: ['u.eps)', '1.5 * u.eps)'] },
      { mistake: 'the unbiased variance', port: 'scale', edit: ['squares / d', 'squares / (d - 1)'] },
      ...bySeveral('scale', ['u.eps)', '1.5 * u.eps)']),
    ],
  },
  ln_divide: {
    values: { rows: 9, cols: 35 },
    inputs: { x: around(1, 9 * 35), scale: around(2, 9, 0.1) },
    mutations: [
      { mistake: 'not centred', port: 'normalized', edit: ['(x[base + i] - mean)', 'x[base + i]'] },
      { mistake: "the first row's scale", port: 'normalized', edit: ['scale[row]', 'scale[0]'] },
      ...bySeveral('normalized', ['scale[row]', 'scale[0]']),
    ],
  },
  ln_affine: {
    values: { rows: 9, cols: 35 },
    inputs: { normalized: around(0, 9 * 35), gain: around(2, 35), bias: around(1, 35) },
    mutations: [
      { mistake: 'no gain', port: 'out', edit: ['gain[col] * ', ''] },
      { mistake: 'no bias', port: 'out', edit: [' + bias[col]', ''] },
    ],
  },
  edit: {
    values: { size: 9 },
    inputs: {
      x: Float32Array.of(1, 2, Number.NaN, Number.POSITIVE_INFINITY, 5, 6, 7, 8, 9),
      weight: Float32Array.of(1, 1, 0, 0, 0, 2, 2, -1, 1),
      offset: Float32Array.of(0, 3, 4, 5, 0, 0, 1, 0, 0),
    },
    mutations: [
      { mistake: 'what is replaced still counts', port: 'y', edit: ['w == 0', 'false'] },
      { mistake: 'no offset', port: 'y', edit: ['w * x[i] + o', 'w * x[i]'] },
      { mistake: 'no weight', port: 'y', edit: ['w * x[i] + o', 'x[i] + o'] },
    ],
  },
  matmul: [
    { values: square, inputs: squareInputs, mutations: [...product, ...productEdges] },
    {
      values: { rows: 3, inner: 65, cols: 17 },
      inputs: { x: around(0, 195), w: around(0, 1105), bias: around(1, 17) },
      mutations: [
        { mistake: 'the first run alone', variant: 'tiled', port: 'y', edit: ['run < RUNS; run++', 'run < 1; run++'] },
        {
          mistake: 'runs that overlap',
          variant: 'tiled',
          port: 'y',
          edit: ['first_k + 32 * run', 'first_k + 31 * run'],
        },
        { mistake: 'the first row alone', variant: 'tiled', port: 'y', edit: ['few(group.y', 'few(0'] },
      ],
    },
    { values: large, inputs: largeInputs, mutations: largeBlocks },
  ],
  unembed: { values: square, inputs: squareInputs, mutations: product },
  attn_scores: {
    values: { ...attention, scale: 0.5, causal: 1 },
    inputs: { q: around(0, 378), k: around(0, 378) },
    mutations: [
      { mistake: 'mask off by one: a token cannot see itself', port: 'scores', edit: ['key > query', 'key >= query'] },
      { mistake: 'mask off by one: looks one ahead', port: 'scores', edit: ['key > query', 'key > query + 1'] },
      {
        mistake: 'q and k swapped',
        port: 'scores',
        edit: ['q[q_base + e] * k[k_base + e]', 'k[q_base + e] * q[k_base + e]'],
      },
      { mistake: 'no scale', port: 'scores', edit: ['sum * u.scale', 'sum'] },
      { mistake: 'masked scores not written', port: 'scores', edit: ['scores[i] = MASKED;', ''] },
      { mistake: 'looks one ahead', variant: 'quads', port: 'scores', edit: ['c > query', 'c > 1 + query'] },
      { mistake: 'reads on beyond dim', variant: 'quads', port: 'scores', edit: [', 0, beyond)', ', 0, false)'] },
      { mistake: 'queries swapped', variant: 'quads', port: 'scores', edit: ['s3, s4', 's4, s3'] },
      {
        mistake: 'keys skipped that are seen',
        variant: 'quads',
        port: 'scores',
        edit: ['first <= query + ROWS - 1', 'first < query'],
      },
    ],
  },
  softmax: [
    {
      values: { rows: 3, cols: 9 },
      inputs: { x: around(-120, 27) },
      mutations: [
        { mistake: 'maximum seeded with 0', port: 'y', edit: ['var largest = x[base];', 'var largest = 0.0;'] },
      ],
    },
    {
      values: { rows: 3, cols: 9 },
      inputs: { x: around(120, 27) },
      mutations: [{ mistake: 'no maximum', port: 'y', edit: ['x[base + i] - largest)', 'x[base + i])'] }],
    },
    {
      values: { rows: 3, cols: 9 },
      inputs: { x: around(0, 27) },
      mutations: [
        {
          mistake: 'the last column left out',
          port: 'y',
          edit: ['i < u.cols; i++) { total', 'i + 1 < u.cols; i++) { total'],
        },
        { mistake: 'half of the sum', variant: 'quads', port: 'y', edit: ['half + quadSwapY(half)', 'half'] },
        {
          mistake: 'half of the sum',
          variant: 'tiled',
          port: 'y',
          edit: ['i < LANES; i++) { total', 'i < 4; i++) { total'],
        },
      ],
    },
  ],
  attn_mix: {
    values: attention,
    inputs: { pattern: around(0, 486), v: around(0, 378) },
    mutations: [
      {
        mistake: 'the pattern transposed',
        port: 'z',
        edit: ['u.query + query) * u.key;', 'u.query) * u.key + query;'],
      },
      { mistake: 'the first key left out', port: 'z', edit: ['var key = 0u', 'var key = 1u'] },
      { mistake: 'reads on beyond the keys', variant: 'quads', port: 'z', edit: [', 0, beyond)', ', 0, false)'] },
      { mistake: 'dimensions swapped', variant: 'quads', port: 'z', edit: ['sums[i][j]', 'sums[i][3 - j]'] },
      {
        mistake: "another head's values",
        port: 'z',
        edit: ['+ head * u.dim + e', '+ (u.head - 1 - head) * u.dim + e'],
      },
    ],
  },
  relu: {
    values: { size: 65 },
    inputs: { x: around(0, 65) },
    mutations: [{ mistake: 'leaky', port: 'y', edit: ['max(x[i], 0)', 'max(x[i], 0.01 * x[i])'] }],
  },
  gelu: {
    values: { size: 65 },
    inputs: { x: around(0, 65) },
    mutations: [{ mistake: 'tanh GELU for erf GELU', port: 'y', edit: { shaderOf: 'gelu_new' } }],
  },
  gelu_new: {
    values: { size: 65 },
    inputs: { x: around(0, 65) },
    mutations: [
      { mistake: 'erf GELU for tanh GELU', port: 'y', edit: { shaderOf: 'gelu' } },
      {
        mistake: 'σ(1.702 x) for tanh GELU',
        port: 'y',
        edit: ['value * (LINEAR + CUBIC * (value * value))', '1.702 * value'],
      },
    ],
  },
  silu: {
    values: { size: 65 },
    inputs: { x: around(0, 65) },
    mutations: [{ mistake: 'σ without x', port: 'y', edit: ['value / (1', '1 / (1'] }],
  },
  concat: {
    values: { rows: 3, left_cols: 5, right_cols: 7, cols: 12 },
    inputs: { left: around(0, 15), right: around(0, 21) },
    mutations: [
      { mistake: 'the right part read from where the left one ends', port: 'out', edit: [' - u.left_cols', ''] },
    ],
  },
  extend_rows: {
    values: { batch: 2, old: 6, past: 4, fresh: 3, pos: 7, width: 5 },
    inputs: { earlier: around(0, 60), later: around(0, 30) },
    mutations: [
      { mistake: 'all old rows taken', port: 'out', edit: ['row < u.past', 'row < u.old'] },
      { mistake: 'the batch in steps of the rows taken', port: 'out', edit: ['batch * u.old', 'batch * u.past'] },
      { mistake: 'the later rows from the end of the earlier ones', port: 'out', edit: ['row - u.past', 'row'] },
    ],
  },
  extend_keys: {
    values: { heads: 3, old: 6, past: 4, fresh: 3, pos: 7, fill: -2 },
    inputs: { earlier: around(0, 108), later: around(0, 63) },
    mutations: [
      { mistake: 'later keys not filled in', port: 'out', edit: ['key < u.past', 'key < u.old'] },
      { mistake: 'filled with 0', port: 'out', edit: ['= u.fill;', '= 0;'] },
      { mistake: 'rows as long as the new ones', port: 'out', edit: ['* u.old + key', '* u.pos + key'] },
    ],
  },
  head_result: {
    values: { rows: 5, head: 3, dim: 7, model: 9 },
    inputs: { z: around(0, 105), w: around(0, 189) },
    mutations: [
      {
        mistake: 'every head uses the first weights',
        port: 'result',
        edit: ['i / u.model % u.head * u.dim', 'u.dim * 0'],
      },
    ],
  },
};

function mutate(code: string, edit: Mutation['edit']): string {
  if ('shaderOf' in edit) return kernels[edit.shaderOf]!.variants[0].code;
  const [from, to] = edit;
  expect(code, `the shader no longer says "${from}"`).toContain(from);
  return code.replaceAll(from, to);
}

const variantsBroken = new Set<Variant>();

describe.each(Object.entries(examples))('%s', (name, example) => {
  const kernel = kernels[name]!;
  for (const { values, inputs, mutations } of [example].flat() as Example[]) {
    test(`as it stands it passes (${mutations[0]!.mistake} and others)`, async () => {
      await witness(kernel, values, inputs);
    });

    for (const { mistake, port, variant = 'clear', edit } of mutations) {
      test(`${variant}: ${mistake}`, async () => {
        const right = kernel.variants.find((candidate) => candidate.name === variant)!;
        const wrong = { ...right, code: mutate(right.code, edit) };
        expect(wrong.code).not.toBe(right.code);
        variantsBroken.add(right);
        await expect(witness(kernel, values, inputs, [wrong])).rejects.toThrow(`${name} (${variant}): ${port}[`);
      });
    }
  }
});

test('no variant of any kernel was spared', () => {
  const spared = Object.values(kernels).flatMap((kernel) =>
    kernel.variants
      .filter((variant) => !variantsBroken.has(variant))
      .map((variant) => `${kernel.name} ${variant.name}`),
  );
  expect(spared).toEqual([]);
});
