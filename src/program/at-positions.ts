import { narrow, ROW_BY_ROW } from './narrow';
import type { ForwardProgram } from './program';
import { stepsFor } from './retain';

export interface AtPositions {
  /** Its output is the tensor, at these positions alone. */
  readonly program: ForwardProgram;
  /** Which rows it takes. */
  readonly inputs: Readonly<Record<string, Uint32Array>>;
  /** Tensors of the pass that it reads. */
  readonly reads: readonly string[];
}

/**
 * What computes a tensor at some positions alone, from what a pass has kept and with its bits; null where a step on the way
 * mixes positions.
 *
 * @param positions from 0
 */
export function atPositions(
  program: ForwardProgram,
  tensor: string,
  positions: readonly number[],
  kept: (name: string) => boolean,
): AtPositions | null {
  const steps = stepsFor(program, [tensor], kept);
  if (steps.some(({ kernel }) => !Object.hasOwn(ROW_BY_ROW, kernel))) return null;
  const written = new Set(steps.flatMap(({ outputs }) => Object.values(outputs)));
  const read = steps.flatMap(({ inputs }) => Object.values(inputs));
  const reads = [...new Set(read)].filter((name) => !written.has(name) && program.tensors[name]!.role !== 'weight');
  const given = reads.map((name) => [name, { ...program.tensors[name]!, role: 'input' as const }]);
  const tensors = { ...program.tensors, ...Object.fromEntries(given) };
  return { ...narrow({ ...program, tensors, steps, derived: [], output: tensor }, positions), reads };
}
