/** One small problem per kernel, of odd sizes and, for every shader, more than one workgroup. */
import { kernels } from '../../src/kernels';
import { type Kernel, portSize, type Variant } from '../../src/kernels/kernel';
import { numbers } from '../kernels/numbers';

const SIZES: Record<string, number> = {
  ...{ size: 131, rows: 67, cols: 9, left_cols: 4, right_cols: 5, inner: 19, eps: 1e-5 },
  ...{ batch: 2, pos: 7, query: 7, key: 7, head: 3, dim: 5, model: 11, n_ctx: 8, vocab: 30, first: 3 },
  ...{ scale: 0.5, causal: 1, old: 5, past: 3, fresh: 4, width: 9, heads: 3, fill: -2 },
};

export interface Problem {
  readonly label: string;
  readonly kernel: Kernel;
  readonly variant: Variant;
  readonly uniforms: Record<string, number>;
  readonly inputs: Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>;
}

export function problem(kernel: Kernel, variant: Variant, sizes: Record<string, number> = {}): Problem {
  const { around, ids } = numbers(1);
  const uniforms = Object.fromEntries(kernel.uniforms.map(({ name }) => [name, { ...SIZES, ...sizes }[name]!]));
  const inputs = kernel.ports
    .filter(({ access }) => access === 'read')
    .map((port) => {
      const size = portSize(port, uniforms);
      return [port.name, port.type === 'u32' ? ids(uniforms.vocab! + 6, size) : around(0.5, size)] as const;
    });
  return { label: `${kernel.name} (${variant.name})`, kernel, variant, uniforms, inputs: Object.fromEntries(inputs) };
}

/**
 * Every kernel with every shader that the interpreter takes: it has no subgroups. Where each row has a workgroup of its own,
 * three rows show what many would, and take seconds less to interpret.
 */
export const problems: readonly Problem[] = Object.values(kernels).flatMap((kernel) =>
  kernel.variants
    .filter(({ feature }) => !feature)
    .map((variant) => {
      const usual = problem(kernel, variant);
      const [wide, high, deep] = variant.workgroups(usual.uniforms);
      return wide * high * deep >= SIZES.rows! ? problem(kernel, variant, { rows: 3 }) : usual;
    }),
);

/** The workgroups of a dispatch, in order. */
export function* workgroupsOf([width, height, depth]: readonly [number, number, number]) {
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) yield [x, y, z] as const;
  }
}
