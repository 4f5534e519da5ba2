import code from '../../shaders/layernorm.wgsl?raw';
import { type Kernel, LEAST_NORMAL, read, ULP, uniforms, workgroupsFor, write } from './kernel';
import { normalizeBound, normalizeReference } from './normalize';

/** Layernorm with gain and bias; the value before them stays readable as `normalized`. */
export const layernorm: Kernel = {
  name: 'layernorm',
  uniforms: uniforms('rows', 'cols', 'eps:f32'),
  ports: [
    read('x', ['rows', 'cols']),
    read('gain', ['cols']),
    read('bias', ['cols']),
    write('scale', ['rows']),
    write('normalized', ['rows', 'cols']),
    write('out', ['rows', 'cols']),
  ],
  variants: [{ name: 'clear', code, workgroups: (u) => workgroupsFor(u.rows!) }],
  reference: (u, inputs) => {
    const { scale, normalized } = normalizeReference(u, inputs) as { scale: Float64Array; normalized: Float64Array };
    const { gain, bias } = inputs;
    const out = normalized.map((value, i) => gain![i % u.cols!]! * value + bias![i % u.cols!]!);
    return { scale, normalized, out };
  },
  bound: (u, inputs, outputs) => {
    const { gain, bias } = inputs;
    const bounds = normalizeBound(u, inputs, outputs);
    // The product and the sum: a rounding each, of values that the bound on `normalized` has already moved.
    const out = bounds.normalized!.map((bound, i) => {
      const g = Math.abs(gain![i % u.cols!]!);
      const moved = Math.abs(outputs.normalized![i]!) + bound;
      return g * (bound + 2 * ULP * moved) + ULP * Math.abs(bias![i % u.cols!]!) + 2 * LEAST_NORMAL;
    });
    return { ...bounds, out };
  },
  flops: (u) => 7 * u.rows! * u.cols!,
};
