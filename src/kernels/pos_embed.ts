import code from '../../shaders/pos_embed.wgsl?raw';
import type { Kernel } from './kernel';
import { clear, each, one, term } from './parts';
import { signatures } from './signatures';

/** The table's first rows, once per batch entry. A copy: exact. */
export const posEmbed: Kernel = {
  name: 'pos_embed',
  ...signatures.pos_embed,
  variants: [clear(code, (u) => u.batch! * u.pos! * u.model!)],
  reference: ({ batch, pos, model }, { table }) => {
    const size = pos! * model!;
    return { out: each(batch! * size, (i) => table![i % size]!) };
  },
  bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
  part: ({ pos, model }, port, offset) => ({
    uniforms: { batch: 1, pos: 1, model: 1, n_ctx: 1 },
    inputs: { table: one(offset % (pos! * model!)) },
    port,
    offset: 0,
  }),
  formula: { out: 'out[batch, pos, i] = table[pos, i]' },
  addends: (_, inputs) => [term(inputs, 'table')],
  flops: () => 0,
};
