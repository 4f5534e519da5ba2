import { fusedSteps } from '../../src/program/fuse';
import type { ForwardProgram } from '../../src/program/program';

/** How many dispatches all steps of a program take, those that are fused one together. */
export function dispatchesOf(program: ForwardProgram): number {
  const saved = fusedSteps(program, program.steps).map(({ fusion }) => fusion.kernels.length - 1);
  return program.steps.length - saved.reduce((sum, steps) => sum + steps, 0);
}
