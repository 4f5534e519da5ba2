/** Addition by rotations, as a program that runs: its angles can be set by hand, one key frequency at a time. */
import { additionProgram } from '../addition';
import type { Program } from '../program';
import { waves } from './spectrum';

const angleOf = (k: number) => `angle_${k}`;

/** @param amplitudes α_k of logit(c) = Σ α_k cos(θ_k − w_k c), in logits, one per key frequency */
export function rotationProgram(p: number, keys: readonly number[], amplitudes: readonly number[]): Program {
  const { a, b, sum } = additionProgram(p).variables as Record<'a' | 'b' | 'sum', Program['variables'][string]>;
  const all = waves(p);
  return {
    variables: {
      a,
      b,
      sum,
      // θ_k = w_k(a + b), in steps of 2π/p.
      ...Object.fromEntries(keys.map((k): [string, typeof a] => [angleOf(k), ({ get }) => (k * get('sum')) % p])),
    },
    output: ({ get }) => {
      const angles = keys.map((k) => get(angleOf(k)));
      let best = { token: 0, logit: Number.NEGATIVE_INFINITY };
      for (let c = 0; c < p; c++) {
        const logit = keys.reduce(
          (total, k, i) => total + amplitudes[i]! * all[1]!.cos[turn(p, angles[i]! - k * c)]!,
          0,
        );
        if (logit > best.logit) best = { token: c, logit };
      }
      return best.token;
    },
  };
}

/** The program as a reader is shown it. */
export function programText(p: number, keys: readonly number[], harmonics: readonly number[]): string {
  const second = harmonics.length > 0 ? '; cos 2w_k a, sin 2w_k a' : '';
  return [
    `for k in {${keys.join(', ')}}:                       # w_k = 2πk/${p}`,
    `  cos w_k a, sin w_k a${second} = embed(a)   # embed.W_E, position 0`,
    `  cos w_k b, sin w_k b${second.replaceAll(' a', ' b')} = embed(b)   # embed.W_E, position 1`,
    '  # attention brings both to “=”; its weights and the ReLU multiply:',
    '  cos θ_k = cos w_k a · cos w_k b − sin w_k a · sin w_k b     # θ_k = w_k(a + b)',
    '  sin θ_k = sin w_k a · cos w_k b + cos w_k a · sin w_k b',
    ...(harmonics.length > 0 ? ['  # and make waves 2w_k of one operand, which those of the embedding cancel'] : []),
    'logit(c) = Σ_k α_k cos(θ_k − w_k c)          # (mlp.W_out; attn.W_O) · unembed.W_U',
  ].join('\n');
}

function turn(p: number, n: number): number {
  return ((n % p) + p) % p;
}
