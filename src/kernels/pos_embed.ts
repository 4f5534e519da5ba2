import code from '../../shaders/pos_embed.wgsl?raw';
import { type Kernel, read, uniforms, workgroupsFor, write } from './kernel';

/** The table's first rows, once per batch entry. A copy: exact. */
export const posEmbed: Kernel = {
  name: 'pos_embed',
  uniforms: uniforms('batch', 'pos', 'model', 'n_ctx'),
  ports: [read('table', ['n_ctx', 'model']), write('out', ['batch', 'pos', 'model'])],
  variants: [{ name: 'clear', code, workgroups: (u) => workgroupsFor(u.batch! * u.pos! * u.model!) }],
  reference: ({ batch, pos, model }, { table }) => {
    const size = pos! * model!;
    return { out: Float64Array.from({ length: batch! * size }, (_, i) => table![i % size]!) };
  },
  bound: (_, __, { out }) => ({ out: new Float64Array(out!.length) }),
  flops: () => 0,
};
