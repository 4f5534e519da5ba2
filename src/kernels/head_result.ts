import code from '../../shaders/head_result.wgsl?raw';
import { type Kernel, LEAST_NORMAL, type Operands, ULP, type Uniforms } from './kernel';
import { clear, products, run } from './parts';
import { signatures } from './signatures';

/** Σ over the head's dimensions of f(z·w), per row, head and residual-stream dimension. */
function results(u: Uniforms, { z, w }: Operands, f: (value: number) => number): Float64Array {
  const [rows, head, dim, model] = [u.rows!, u.head!, u.dim!, u.model!];
  const out = new Float64Array(rows * head * model);
  for (let i = 0; i < out.length; i++) {
    const m = i % model;
    const h = Math.floor(i / model) % head;
    const zBase = Math.floor(i / model) * dim;
    for (let e = 0; e < dim; e++) out[i]! += f(z![zBase + e]! * w![(h * dim + e) * model + m]!);
  }
  return out;
}

/** What each head alone writes into the residual stream; the pass itself only holds the heads' sum. */
export const headResult: Kernel = {
  name: 'head_result',
  ...signatures.head_result,
  variants: [clear(code, (u) => u.rows! * u.head! * u.model!)],
  reference: (u, inputs) => ({ result: results(u, inputs, (value) => value) }),
  /** As in matmul, without a bias. */
  bound: (u, inputs) => ({
    result: results(u, inputs, Math.abs).map((sum) => (u.dim! + 2) * (ULP * sum + LEAST_NORMAL)),
  }),
  part: ({ head, dim, model }, port, offset) => {
    const rowAndHead = Math.floor(offset / model!);
    const inputs = {
      z: run(rowAndHead * dim!, dim!),
      w: run((rowAndHead % head!) * dim! * model! + (offset % model!), dim!, model!),
    };
    return { uniforms: { rows: 1, head: 1, dim: dim!, model: 1 }, inputs, port, offset: 0 };
  },
  formula: { result: 'result[row, head, i] = Σₑ z[row, head, e]·w[head, e, i]' },
  addends: (_, inputs) => products(inputs, 'z', 'w'),
  flops: (u) => 2 * u.rows! * u.head! * u.dim! * u.model!,
};
