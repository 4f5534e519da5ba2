/** A tensor whose first positions an earlier pass has computed and whose others this one has. Copies: exact. */
import attentionCode from '../../shaders/extend_attention.wgsl?raw';
import keysCode from '../../shaders/extend_keys.wgsl?raw';
import rowsCode from '../../shaders/extend_rows.wgsl?raw';
import { numeral } from '../tensor/numeral';
import type { Fusion } from './fusion';
import { type Kernel, read, type Uniforms, uniforms, write } from './kernel';
import { clear, each, none, one, term } from './parts';
import { signatures } from './signatures';

/** Where an element comes from; null: from neither, it is filled in. */
type Source = { readonly port: 'earlier' | 'later'; readonly at: number } | null;

function define(
  name: 'extend_rows' | 'extend_keys',
  code: string,
  size: (u: Uniforms) => number,
  sourceOf: (u: Uniforms, offset: number) => Source,
  formula: string,
): Kernel {
  return {
    name,
    ...signatures[name],
    variants: [clear(code, size)],
    reference: (u, inputs) => ({
      out: each(size(u), (i) => {
        const source = sourceOf(u, i);
        return source ? inputs[source.port]![source.at]! : u.fill!;
      }),
    }),
    bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
    part: (u, port, offset) => {
      const source = sourceOf(u, offset);
      const from = source?.port;
      const inputs = { earlier: none, later: none, ...(source && { [source.port]: one(source.at) }) };
      // One element, which the small problem takes from the same side.
      const ones = Object.fromEntries(Object.keys(u).map((key) => [key, 1]));
      const small = { ...ones, past: Number(from !== 'later'), fresh: Number(from === 'later') };
      if (source) return { uniforms: { ...small, ...('fill' in u && { fill: u.fill! }) }, inputs, port, offset: 0 };
      const note = `a later key, which the earlier pass had none of: ${numeral(u.fill!)}`;
      return { uniforms: { ...small, pos: 2, fresh: 1, fill: u.fill! }, inputs, port, offset: 1, note };
    },
    formula: { out: formula },
    addends: (u, inputs) => {
      if (inputs.earlier!.length > 0) return [term(inputs, 'earlier')];
      return inputs.later!.length > 0 ? [term(inputs, 'later')] : [{ value: u.fill!, factors: [], times: u.fill! }];
    },
    flops: () => 0,
  };
}

export const extendRows = define(
  'extend_rows',
  rowsCode,
  (u) => u.batch! * u.pos! * u.width!,
  ({ old, past, fresh, pos, width }, i) => {
    const at = i % width!;
    const row = Math.floor(i / width!) % pos!;
    const batch = Math.floor(i / (width! * pos!));
    return row < past!
      ? { port: 'earlier', at: (batch * old! + row) * width! + at }
      : { port: 'later', at: (batch * fresh! + row - past!) * width! + at };
  },
  'out[batch, row, i] = earlier[batch, row, i] where row < past, else later[batch, row - past, i]',
);

export const extendKeys = define(
  'extend_keys',
  keysCode,
  (u) => u.heads! * u.pos! * u.pos!,
  ({ old, past, fresh, pos }, i) => {
    const key = i % pos!;
    const query = Math.floor(i / pos!) % pos!;
    const head = Math.floor(i / (pos! * pos!));
    if (query >= past!) return { port: 'later', at: (head * fresh! + query - past!) * pos! + key };
    return key < past! ? { port: 'earlier', at: (head * old! + query) * old! + key } : null;
  },
  'out[head, query, key] = later[head, query - past, key] where query ≥ past, else earlier[head, query, key], fill where key ≥ past',
);

const JOINED = ['scores', 'pattern'] as const;

/** A layer's scores and pattern, each joined, in one dispatch. */
export const extendAttention: Fusion = {
  name: 'extend_attention',
  kernels: ['extend_keys', 'extend_keys'],
  uniforms: uniforms('heads', 'old', 'past', 'fresh', 'pos', ...JOINED.map((part) => `${part}_fill:f32`)),
  ports: [
    ...JOINED.flatMap((part) => [
      read(`earlier_${part}`, ['heads', 'old', 'old']),
      read(`later_${part}`, ['heads', 'fresh', 'pos']),
    ]),
    ...JOINED.map((part) => write(part, ['heads', 'pos', 'pos'])),
  ],
  variants: [clear(attentionCode, (u) => u.heads! * u.pos! * u.pos!)],
  // All of a program join as many positions.
  join: (calls) => {
    const inputs: Record<string, string> = {};
    const outputs: Record<string, string> = {};
    const sizes: Record<string, number> = { ...calls[0]!.uniforms };
    for (const [i, part] of JOINED.entries()) {
      const { inputs: read, outputs: written, uniforms: own } = calls[i]!;
      inputs[`earlier_${part}`] = read.earlier!;
      inputs[`later_${part}`] = read.later!;
      outputs[part] = written.out!;
      sizes[`${part}_fill`] = own.fill!;
    }
    return { inputs, outputs, uniforms: sizes };
  },
  flops: () => 0,
};
