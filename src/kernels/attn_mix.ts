import code from '../../shaders/attn_mix.wgsl?raw';
import quadsCode from '../../shaders/attn_mix_quads.wgsl?raw';
import { queriesAtOnce } from './attn_scores';
import { type Kernel, LEAST_NORMAL, type Operands, ULP, type Uniforms, type Variant } from './kernel';
import { clear, products, run } from './parts';
import { signatures } from './signatures';

/** Σ over keys of f(pattern·v), per batch entry, query, head and dimension. */
function mix(u: Uniforms, { pattern, v }: Operands, f: (value: number) => number): Float64Array {
  const [batch, head, query, key, dim] = [u.batch!, u.head!, u.query!, u.key!, u.dim!];
  const out = new Float64Array(batch * query * head * dim);
  for (let row = 0; row < batch * query; row++) {
    const b = Math.floor(row / query);
    for (let h = 0; h < head; h++) {
      const to = (row * head + h) * dim;
      const patternBase = ((b * head + h) * query + (row % query)) * key;
      for (let keyPos = 0; keyPos < key; keyPos++) {
        const weight = pattern![patternBase + keyPos]!;
        const from = ((b * key + keyPos) * head + h) * dim;
        for (let e = 0; e < dim; e++) out[to + e]! += f(weight * v![from + e]!);
      }
    }
  }
  return out;
}

const rows = (u: Uniforms) => queriesAtOnce(u, 16);

/** A workgroup of eight invocations per 16 queries, or fewer, and 32 dimensions of a head. */
const quads: Variant = {
  name: 'quads',
  code: quadsCode,
  feature: 'subgroups',
  sized: (u) => ({ ROWS: rows(u) }),
  workgroups: (u) => [Math.ceil(u.query! / rows(u)), u.head! * Math.ceil(u.dim! / 32), u.batch!],
  writer: (u, _, offset) => {
    const e = offset % u.dim!;
    const row = Math.floor(offset / u.dim!);
    const query = Math.floor(row / u.head!);
    const block = (row % u.head!) * Math.ceil(u.dim! / 32) + Math.floor(e / 32);
    const workgroup = [Math.floor((query % u.query!) / rows(u)), block, Math.floor(query / u.query!)] as const;
    return { workgroup, local: [e % 8, 0, 0] };
  },
};

/** z: each head's values, mixed by its pattern. */
export const attnMix: Kernel = {
  name: 'attn_mix',
  ...signatures.attn_mix,
  variants: [clear(code, (u) => u.batch! * u.query! * u.head! * u.dim!), quads],
  reference: (u, inputs) => ({ z: mix(u, inputs, (value) => value) }),
  /** As in matmul, without a bias. */
  bound: (u, inputs) => ({ z: mix(u, inputs, Math.abs).map((sum) => (u.key! + 2) * (ULP * sum + LEAST_NORMAL)) }),
  part: ({ head, query, key, dim }, port, offset) => {
    const e = offset % dim!;
    const h = Math.floor(offset / dim!) % head!;
    const queryPos = Math.floor(offset / (dim! * head!)) % query!;
    const b = Math.floor(offset / (dim! * head! * query!));
    const inputs = {
      pattern: run(((b * head! + h) * query! + queryPos) * key!, key!),
      v: run((b * key! * head! + h) * dim! + e, key!, head! * dim!),
    };
    return { uniforms: { batch: 1, head: 1, query: 1, key: key!, dim: 1 }, inputs, port, offset: 0 };
  },
  formula: { z: 'z[batch, query, head, e] = Σₖ pattern[batch, head, query, k]·v[batch, k, head, e]' },
  addends: (_, inputs) => products(inputs, 'pattern', 'v'),
  flops: (u) => 2 * u.batch! * u.head! * u.query! * u.key! * u.dim!,
};
