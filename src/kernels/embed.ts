import code from '../../shaders/embed.wgsl?raw';
import { numeral } from '../tensor/numeral';
import type { Kernel } from './kernel';
import { clear, none, one } from './parts';
import { signatures } from './signatures';

/**
 * Looks up a row per token id. A table too large for one binding is split by rows: each part starts at `first`, and an
 * id outside it yields zeros. A copy: exact.
 */
export const embed: Kernel = {
  name: 'embed',
  ...signatures.embed,
  variants: [clear(code, (u) => u.rows! * u.model!)],
  reference: ({ rows, vocab, model, first }, { table, ids }) => {
    const out = new Float64Array(rows! * model!);
    for (let row = 0; row < rows!; row++) {
      const entry = ids![row]! - first!;
      if (entry < 0 || entry >= vocab!) continue;
      for (let i = 0; i < model!; i++) out[row * model! + i] = table![entry * model! + i]!;
    }
    return { out };
  },
  bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
  part: async ({ vocab, model, first }, port, offset, read) => {
    const row = Math.floor(offset / model!);
    const id = (await read('ids', [row]))[0]!;
    const entry = id - first!;
    const inside = entry >= 0 && entry < vocab!;
    return {
      uniforms: { rows: 1, vocab: Number(inside), model: 1, first: id },
      inputs: { table: inside ? one(entry * model! + (offset % model!)) : none, ids: one(row) },
      port,
      offset: 0,
      ...(!inside && { note: `id ${id} is none of this table's, ${first} to ${first! + vocab! - 1}: 0` }),
    };
  },
  formula: { out: 'out[row, i] = table[ids[row] - first, i], 0 where the table has no such row' },
  working: (u, { table, ids }) =>
    u.vocab ? [`the table's row for id ${ids![0]} holds ${numeral(table![0]!)} there: copied`] : ['out = 0'],
  flops: () => 0,
};
