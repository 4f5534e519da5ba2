/** The registry: every kernel by name. */
import { gelu, geluNew, relu, silu } from './activations';
import { add } from './add';
import { attnMix } from './attn_mix';
import { attnScores } from './attn_scores';
import { concat } from './concat';
import { edit } from './edit';
import { embed } from './embed';
import { extendKeys, extendRows } from './extend';
import { headResult } from './head_result';
import type { Kernel } from './kernel';
import { layernorm } from './layernorm';
import { lnAffine, lnDivide, lnScale } from './layernorm_parts';
import { matmul, unembed } from './matmul';
import { normalize } from './normalize';
import { posEmbed } from './pos_embed';
import { softmax } from './softmax';

export const kernels: Readonly<Record<string, Kernel>> = Object.fromEntries(
  [
    embed,
    posEmbed,
    add,
    normalize,
    layernorm,
    matmul,
    attnScores,
    softmax,
    attnMix,
    relu,
    gelu,
    geluNew,
    silu,
    unembed,
    concat,
    extendRows,
    extendKeys,
    headResult,
    edit,
    lnScale,
    lnDivide,
    lnAffine,
  ].map((kernel) => [kernel.name, kernel]),
);
