import code from '../../shaders/embed.wgsl?raw';
import { type Kernel, read, uniforms, workgroupsFor, write } from './kernel';

/**
 * Looks up a row per token id. A table too large for one binding is split by rows: each part starts at `first`, and an
 * id outside it yields zeros. A copy: exact.
 */
export const embed: Kernel = {
  name: 'embed',
  uniforms: uniforms('rows', 'vocab', 'model', 'first'),
  ports: [read('table', ['vocab', 'model']), read('ids', ['rows'], 'u32'), write('out', ['rows', 'model'])],
  variants: [{ name: 'clear', code, workgroups: (u) => workgroupsFor(u.rows! * u.model!) }],
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
  flops: () => 0,
};
