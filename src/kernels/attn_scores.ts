import code from '../../shaders/attn_scores.wgsl?raw';
import quadsCode from '../../shaders/attn_scores_quads.wgsl?raw';
import { MASKED } from '../tensor/masked';
import { numeral } from '../tensor/numeral';
import { type Kernel, LEAST_NORMAL, type Operands, ULP, type Uniforms, type Variant } from './kernel';
import { clear, none, products, run } from './parts';
import { signatures } from './signatures';

/** scale·Σ f(q·k) for each batch entry, head, query and key; `MASKED` where the mask hides the key. */
function scores(u: Uniforms, { q, k }: Operands, f: (value: number) => number, masked: number): Float64Array {
  const [batch, head, query, key, dim] = [u.batch!, u.head!, u.query!, u.key!, u.dim!];
  const scale = u.scale!;
  const out = new Float64Array(batch * head * query * key);
  for (let i = 0; i < out.length; i++) {
    const keyPos = i % key;
    const queryPos = Math.floor(i / key) % query;
    const h = Math.floor(i / (key * query)) % head;
    const b = Math.floor(i / (key * query * head));
    if (u.causal && keyPos - key > queryPos - query) {
      out[i] = masked;
      continue;
    }
    const qBase = ((b * query + queryPos) * head + h) * dim;
    const kBase = ((b * key + keyPos) * head + h) * dim;
    let sum = 0;
    for (let e = 0; e < dim; e++) sum += f(q![qBase + e]! * k![kBase + e]!);
    out[i] = scale * sum;
  }
  return out;
}

/**
 * Queries that one of the quads' workgroups takes at once, of at most `most`. Keys play no part: while text is generated they
 * grow in number, and the shader stays.
 */
export function queriesAtOnce({ batch, head, query }: Uniforms, most: number): number {
  if (query === 1) return 1;
  return query! <= 4 || batch! * head! * query! <= 128 ? 4 : most;
}

/** A shader with a workgroup of four invocations per 8 queries, or fewer, of which each stores every fourth key. */
export function scoresByQuads(code: string): Variant {
  const rows = (u: Uniforms) => queriesAtOnce(u, 8);
  return {
    name: 'quads',
    code,
    feature: 'subgroups',
    sized: (u) => ({ ROWS: rows(u) }),
    workgroups: (u) => [Math.ceil(u.query! / rows(u)), u.head!, u.batch!],
    writer: (u, _, offset) => {
      const row = Math.floor(offset / u.key!);
      const head = Math.floor(row / u.query!);
      const workgroup = [Math.floor((row % u.query!) / rows(u)), head % u.head!, Math.floor(head / u.head!)] as const;
      return { workgroup, local: [(offset % u.key!) % 4, 0, 0] };
    },
  };
}

/**
 * scores = scale · q·k, causally masked where asked: the last query stands at the last key, so that fewer queries than keys
 * are those at the end. The uniform `scale` is 1/√d_head.
 */
export const attnScores: Kernel = {
  name: 'attn_scores',
  ...signatures.attn_scores,
  variants: [clear(code, (u) => u.batch! * u.head! * u.query! * u.key!), scoresByQuads(quadsCode)],
  reference: (u, inputs) => ({ scores: scores(u, inputs, (value) => value, MASKED) }),
  /** The products' sum as in matmul, without a bias, then one rounding for the scale. A masked score is exact in f32. */
  bound: (u, inputs) => ({
    scores: scores(u, inputs, Math.abs, 0).map((sum) => (u.dim! + 3) * (ULP * sum + LEAST_NORMAL)),
  }),
  part: ({ head, query, key, dim, scale, causal }, port, offset) => {
    const keyPos = offset % key!;
    const queryPos = Math.floor(offset / key!) % query!;
    const h = Math.floor(offset / (key! * query!)) % head!;
    const b = Math.floor(offset / (key! * query! * head!));
    const sizes = { batch: 1, head: 1, query: 1, dim: dim!, scale: scale!, causal: causal! };
    if (causal && keyPos - key! > queryPos - query!) {
      const note = `key ${keyPos} comes after query ${queryPos + key! - query!} and causal attention does not look ahead: the score is masked, ${numeral(MASKED)} whatever q and k are`;
      return { uniforms: { ...sizes, query: 2, key: 2 }, inputs: { q: none, k: none }, port, offset: 1, note };
    }
    const inputs = {
      q: run(((b * query! + queryPos) * head! + h) * dim!, dim!),
      k: run(((b * key! + keyPos) * head! + h) * dim!, dim!),
    };
    return { uniforms: { ...sizes, key: 1 }, inputs, port, offset: 0 };
  },
  formula: {
    scores:
      'scores[batch, head, query, key] = scale·Σₑ q[batch, query, head, e]·k[batch, key, head, e], MASKED where causal and key > query + keys - queries',
  },
  addends: (u, inputs) => (inputs.q!.length === 0 ? null : products(inputs, 'q', 'k', u.scale)),
  flops: (u) => 2 * u.batch! * u.head! * u.query! * u.key! * u.dim!,
};
