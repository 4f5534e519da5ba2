/**
 * What a kernel promises. A kernel computes a step's outputs from its inputs; it knows nothing of models, hook names,
 * devices or buffers. Beside each shader stand its float64 reference and the error bound that WGSL's accuracy rules
 * imply (https://www.w3.org/TR/WGSL/#floating-point-accuracy): three witnesses that a test can set against each other.
 */

import type { Signature, Uniforms } from './signatures';

/** Row-major values by port name. */
export type Operands = Readonly<Record<string, ArrayLike<number>>>;
export type Results = Record<string, Float64Array>;

/** Which invocation of a dispatch: its workgroup, and where it stands within. */
export interface Invocation {
  readonly workgroup: readonly [number, number, number];
  readonly local: readonly [number, number, number];
}

/** Elements of a port's array: `count` of them from the element `from` on, `stride` elements apart. */
export interface Elements {
  readonly from: number;
  readonly count: number;
  readonly stride: number;
  /** Where the first of them lies in the small problem's array, if not at its beginning. */
  readonly at?: number;
}

/** The small problem that one output element comes from: the same kernel on slices of the operands. */
export interface Part {
  readonly uniforms: Uniforms;
  /** By input port. An element that does not count is not among them. */
  readonly inputs: Readonly<Record<string, Elements>>;
  /** Where the element lies in the small problem's results. */
  readonly port: string;
  readonly offset: number;
  /** Why the element is as it is, where its place decides: a masked score, an id outside the table. */
  readonly note?: string;
}

/** Values of an input port at some offsets, for a part that depends on them. */
export type ReadPort = (port: string, offsets: readonly number[]) => Promise<ArrayLike<number>>;

/** One of the values that a sum adds up. */
export interface Addend {
  readonly value: number;
  /** The small problem's operands that it is the product of. */
  readonly factors: readonly { readonly port: string; readonly at: number }[];
  /** A factor that is none of the operands. */
  readonly times?: number;
}

/** Values of `override` constants, by name. */
export type Constants = Readonly<Record<string, number>>;

/** One shader that computes the kernel. All variants of a kernel bind the same ports and pass the same tests. */
export interface Variant {
  readonly name: string;
  readonly code: string;
  readonly constants?: Constants;
  /**
   * Further ones, by the sizes: of how large a block each workgroup takes. The bits are the same whatever they are, so that
   * one shader of a small problem's may compile sooner and waste less than one for large ones.
   */
  readonly sized?: (u: Uniforms) => Constants;
  /** What the device must have to run it. */
  readonly feature?: 'subgroups';
  readonly workgroups: (u: Uniforms) => readonly [number, number, number];
  /** The invocation that stores an output element. Absent where nobody but the shader's text says it: a user's own. */
  readonly writer?: (u: Uniforms, port: string, offset: number) => Invocation;
}

/** @param halves whether the weight has two f16 in each word */
export const constantsOf = (
  { constants, sized }: Pick<Variant, 'constants' | 'sized'>,
  u: Uniforms,
  halves = false,
): Constants => ({
  ...constants,
  ...sized?.(u),
  ...(halves && { HALF: 1 }),
});

export interface Kernel extends Signature {
  readonly name: string;
  /** The first is the clear one, the one to read. */
  readonly variants: readonly [Variant, ...Variant[]];
  /** The same function in float64. */
  readonly reference: (u: Uniforms, inputs: Operands) => Results;
  /** How far each output of a correct f32 shader may lie from `outputs`, the reference on the same inputs. */
  readonly bound: (u: Uniforms, inputs: Operands, outputs: Results) => Results;
  /**
   * The part of the problem that one output element comes from: `reference` and `bound` on it are, at its place, those of
   * the whole. It waits only where the operands' place depends on data: an embedding's row.
   */
  readonly part: (u: Uniforms, port: string, offset: number, read: ReadPort) => Part | Promise<Part>;
  /** An element of each output port in symbols. */
  readonly formula: Readonly<Record<string, string>>;
  /** What an element of a small problem is the sum of, in the order of computation; null where it is no sum. */
  readonly addends?: (u: Uniforms, inputs: Operands, port: string, offset: number) => readonly Addend[] | null;
  /** The formula with a small problem's numbers, step by step in float64; for a sum the addends say it. */
  readonly working?: (u: Uniforms, inputs: Operands, port: string, offset: number) => readonly string[];
  /** Floating-point operations of one dispatch, a multiply-add counted as two. */
  readonly flops: (u: Uniforms) => number;
}

export { LEAST_NORMAL, ULP } from '../tensor/rounding';
export {
  bytesOfPort,
  matrix,
  type Port,
  portSize,
  read,
  type Signature,
  type Uniform,
  type Uniforms,
  uniforms,
  write,
} from './signatures';

/** Workgroups for one invocation per element, in two dimensions because one holds at most 65,535 workgroups. */
export function workgroupsFor(invocations: number, perWorkgroup = 64): readonly [number, number, number] {
  const groups = Math.ceil(invocations / perWorkgroup);
  const x = Math.min(groups, 65535);
  return [x, Math.ceil(groups / x), 1];
}
