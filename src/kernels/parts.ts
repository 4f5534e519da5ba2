/** What most kernels' parts, writers and workings are made of. */
import { numeral } from '../tensor/numeral';
import {
  type Addend,
  type Elements,
  type Kernel,
  type Operands,
  type Uniforms,
  type Variant,
  workgroupsFor,
} from './kernel';

export const run = (from: number, count: number, stride = 1): Elements => ({ from, count, stride });
export const one = (from: number): Elements => run(from, 1);
export const none = run(0, 0);

/** `f` of each index in float64. `Float64Array.from` says the same, and takes several times as long. */
export function each(size: number, f: (i: number) => number): Float64Array {
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) out[i] = f(i);
  return out;
}

/** The clear shader: one invocation per element, or per whatever `invocation` counts, in workgroups of 64. */
export function clear(
  code: string,
  invocations: (u: Uniforms) => number,
  invocation: (u: Uniforms, port: string, offset: number) => number = (_, __, offset) => offset,
): Variant {
  return {
    name: 'clear',
    code,
    workgroups: (u) => workgroupsFor(invocations(u)),
    writer: (u, port, offset) => {
      const i = invocation(u, port, offset);
      const group = Math.floor(i / 64);
      const [across] = workgroupsFor(invocations(u));
      return { workgroup: [group % across, Math.floor(group / across), 0], local: [i % 64, 0, 0] };
    },
  };
}

/** The clear shader of a kernel with an invocation per row; ports of `[rows]` have an element per row. */
export function clearByRow(code: string, perRow: readonly string[] = []): Variant {
  return clear(
    code,
    (u) => u.rows!,
    (u, port, offset) => (perRow.includes(port) ? offset : Math.floor(offset / u.cols!)),
  );
}

/** A shader with a workgroup of `lanes` invocations per row, which take the columns in turn; the first stores what is per row. */
export function rowwise(name: string, code: string, lanes: number, perRow: readonly string[] = []): Variant {
  const groups = (u: Uniforms) => workgroupsFor(u.rows!, 1);
  return {
    name,
    code,
    workgroups: groups,
    writer: (u, port, offset) => {
      const whole = perRow.includes(port);
      const row = whole ? offset : Math.floor(offset / u.cols!);
      const [across] = groups(u);
      const local = [whole ? 0 : (offset % u.cols!) % lanes, 0, 0] as const;
      return { workgroup: [row % across, Math.floor(row / across), 0], local };
    },
  };
}

/** The variants of a kernel that reduces rows: a thread to a row, a quad, and on real GPUs as many as find work. */
export function byRows(clearCode: string, rowsCode: string, perRow: readonly string[] = []): [Variant, ...Variant[]] {
  const rows = (name: string, lanes: number) => ({
    ...rowwise(name, rowsCode, lanes, perRow),
    constants: { LANES: lanes },
  });
  return [clearByRow(clearCode, perRow), rows('quads', 4), rows('tiled', 64)];
}

/** A part of a kernel whose outputs depend on the same element of each input. */
export function elementwise(...ports: string[]): Kernel['part'] {
  return (_, port, offset) => ({
    uniforms: { size: 1 },
    inputs: Object.fromEntries(ports.map((name) => [name, one(offset)])),
    port,
    offset: 0,
  });
}

/** The products of two ports' elements, pair by pair, all of them times a number where one is given. */
export function products(inputs: Operands, a: string, b: string, times?: number): Addend[] {
  return Array.from(inputs[a]!, (value, at) => ({
    value: value * inputs[b]![at]! * (times ?? 1),
    factors: [
      { port: a, at },
      { port: b, at },
    ],
    ...(times !== undefined && { times }),
  }));
}

export const term = (inputs: Operands, port: string, at = 0): Addend => ({
  value: inputs[port]![at]!,
  factors: [{ port, at }],
});

/** A number as a factor or addend: a negative one in brackets. */
export const operand = (value: number): string => (value < 0 ? `(${numeral(value)})` : numeral(value));
