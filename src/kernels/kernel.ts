/**
 * What a kernel promises. A kernel computes a step's outputs from its inputs; it knows nothing of models, hook names,
 * devices or buffers. Beside each shader stand its float64 reference and the error bound that WGSL's accuracy rules
 * imply (https://www.w3.org/TR/WGSL/#floating-point-accuracy): three witnesses that a test can set against each other.
 */

/** Values of the uniform struct, in the shader's units. */
export type Uniforms = Readonly<Record<string, number>>;

/** Row-major values by port name. */
export type Operands = Readonly<Record<string, ArrayLike<number>>>;
export type Results = Record<string, Float64Array>;

export interface Port {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly type: 'f32' | 'u32';
  /** One name of a uniform per dimension. */
  readonly shape: readonly string[];
}

export interface Uniform {
  readonly name: string;
  readonly type: 'f32' | 'u32';
}

/** One shader that computes the kernel. All variants of a kernel bind the same ports and pass the same tests. */
export interface Variant {
  readonly name: string;
  readonly code: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly workgroups: (u: Uniforms) => readonly [number, number, number];
}

export interface Kernel {
  readonly name: string;
  /** The uniform struct's members, in order. */
  readonly uniforms: readonly Uniform[];
  /** Bindings 1, 2, …: first what is read, then what is written. */
  readonly ports: readonly Port[];
  /** The first is the clear one, the one to read. */
  readonly variants: readonly [Variant, ...Variant[]];
  /** The same function in float64. */
  readonly reference: (u: Uniforms, inputs: Operands) => Results;
  /** How far each output of a correct f32 shader may lie from `outputs`, the reference on the same inputs. */
  readonly bound: (u: Uniforms, inputs: Operands, outputs: Results) => Results;
  /** Floating-point operations of one dispatch, a multiply-add counted as two. */
  readonly flops: (u: Uniforms) => number;
}

export { LEAST_NORMAL, ULP } from '../tensor/rounding';

/** Number of elements that a port binds. */
export function portSize(port: Port, u: Uniforms): number {
  return port.shape.reduce((size, name) => size * u[name]!, 1);
}

export const read = (name: string, shape: readonly string[], type: Port['type'] = 'f32'): Port => ({
  name,
  access: 'read',
  type,
  shape,
});

export const write = (name: string, shape: readonly string[]): Port => ({ name, access: 'write', type: 'f32', shape });

/** `['rows', 'cols', 'eps:f32']`: u32 unless said otherwise. */
export function uniforms(...names: string[]): Uniform[] {
  return names.map((entry) => {
    const [name, type = 'u32'] = entry.split(':') as [string, Uniform['type']?];
    return { name, type };
  });
}

/** Workgroups for one invocation per element, in two dimensions because one holds at most 65,535 workgroups. */
export function workgroupsFor(invocations: number, perWorkgroup = 64): readonly [number, number, number] {
  const groups = Math.ceil(invocations / perWorkgroup);
  const x = Math.min(groups, 65535);
  return [x, Math.ceil(groups / x), 1];
}
