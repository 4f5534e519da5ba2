/**
 * Several steps in a row as one dispatch: one shader that writes all that the steps would write, in the same bits. The
 * program keeps its steps, each with its own kernel, reference and bound; what a fusion saves is dispatches, and nothing
 * is hidden by it. Where an edit falls between two of them, the steps run one by one.
 */
import type { Kernel, Uniforms, Variant } from './kernel';

/** As much of a step as joining takes. */
export interface Call {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly uniforms: Uniforms;
}

/** Where a weight lies in the buffer that it shares with others; the elements before it. */
export type Place = (name: string) => { readonly buffer: string; readonly offset: number } | undefined;

export interface Fusion extends Pick<Kernel, 'name' | 'uniforms' | 'ports' | 'flops'> {
  /** The steps' kernels, in order. */
  readonly kernels: readonly string[];
  /** By the name of the steps' shaders whose bits they have; a kernel without a shader of that name has its clear one's. */
  readonly variants: readonly [Variant, ...Variant[]];
  /** The tensors and sizes of the one dispatch; null where the steps do not hang together so. */
  readonly join: (calls: readonly Call[], place: Place) => Omit<Call, 'kernel'> | null;
}
