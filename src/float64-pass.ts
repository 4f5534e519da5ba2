import type { ForwardProgram } from './program/program';
import { runFloat64 } from './run/float64';
import type { GpuWeights } from './run/gpu-weights';

/** A pass in float64 on the weights that the GPU holds: every activation by name, row-major. */
export async function float64Pass(
  program: ForwardProgram,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  { table, weights }: { readonly table: object; readonly weights: GpuWeights },
): Promise<Map<string, Float64Array>> {
  const names = Object.keys(table);
  const values = await Promise.all(names.map((name) => weights.stored(name)));
  const given = { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
  return runFloat64(program, (name) => given[name]!);
}
