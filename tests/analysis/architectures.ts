/** Tiny models that differ in what a stream is made of, and prompts for them. */
export const prompt = [
  [1, 5, 9, 100, 0, 7, 7],
  [3, 3, 3, 3, 2, 1, 0],
];
export const architectures = [
  ['LN', {}],
  ['LNPre', { normalization_type: 'LNPre' }],
  ['no normalization', { normalization_type: null }],
  ['attention only', { attn_only: true, d_mlp: 0 }],
  ['no layers', { n_layers: 0 }],
] as const;
