/** A layer's scores and pattern, each joined from those of an earlier pass and of this one, in one dispatch. */
import code from '../../shaders/extend_attention.wgsl?raw';
import type { Fusion } from './fusion';
import { read, uniforms, write } from './kernel';
import { clear } from './parts';

const SIZES = ['heads', 'old', 'past', 'fresh', 'pos'] as const;

export const extendAttention: Fusion = {
  name: 'extend_attention',
  kernels: ['extend_keys', 'extend_keys'],
  uniforms: uniforms(...SIZES, 'scores_fill:f32', 'pattern_fill:f32'),
  ports: [
    ...['scores', 'pattern'].flatMap((part) => [
      read(`earlier_${part}`, ['heads', 'old', 'old']),
      read(`later_${part}`, ['heads', 'fresh', 'pos']),
    ]),
    ...['scores', 'pattern'].map((part) => write(part, ['heads', 'pos', 'pos'])),
  ],
  variants: [clear(code, (u) => u.heads! * u.pos! * u.pos!)],
  join: ([scores, pattern]) => {
    const { fill: scores_fill, ...sizes } = scores!.uniforms as Record<(typeof SIZES)[number] | 'fill', number>;
    if (SIZES.some((size) => pattern!.uniforms[size] !== sizes[size])) return null;
    return {
      inputs: {
        earlier_scores: scores!.inputs.earlier!,
        later_scores: scores!.inputs.later!,
        earlier_pattern: pattern!.inputs.earlier!,
        later_pattern: pattern!.inputs.later!,
      },
      outputs: { scores: scores!.outputs.out!, pattern: pattern!.outputs.out! },
      uniforms: { ...sizes, scores_fill, pattern_fill: pattern!.uniforms.fill! },
    };
  },
  flops: () => 0,
};
