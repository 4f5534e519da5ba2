/** What the ceilings of a device allow a pass. */
import type { StepCost } from '../../src/run/cost';
import type { RooflineReport } from './report';

/** In milliseconds: of each dispatch the longer of its arithmetic and its traffic, one dispatch after another. */
export function leastMs(
  costs: readonly StepCost[],
  { copy, arithmetic }: Pick<RooflineReport['ceilings'], 'copy' | 'arithmetic'>,
): number {
  return costs.reduce((sum, { flops, bytesRead, bytesWritten }) => {
    return sum + Math.max(flops / (arithmetic * 1e6), (bytesRead + bytesWritten) / (copy * 1e6));
  }, 0);
}
