import type { Formation, FormationOptions } from '../../src/index';
import { formation, readTrainingRecord } from '../../src/index';
import { FluoroscopeError, filesOf } from '../../src/viewer';
import type { PageModel } from '../shared/run-context';

/** The checkpoints that a model directory has, measured one after another. */
export interface Measuring {
  /** How many there are, the final model among them. */
  readonly count: number;
  /** All rows so far, after each checkpoint. */
  readonly found: AsyncIterable<Formation>;
}

/**
 * @param model the final one
 * @param files its directory
 * @throws `file-missing` where there are none; as `formation` and `readTrainingRecord`
 */
export async function measureCheckpoints(
  model: PageModel,
  files: string,
  { device, ...options }: Omit<FormationOptions, 'subsets'> & { readonly device?: GPUDevice },
): Promise<Measuring> {
  const record = await readTrainingRecord(filesOf(files));
  const { steps: last, checkpoints: steps, subsets } = record;
  if (last === null || steps.length === 0) {
    throw new FluoroscopeError('file-missing', `${files}: its card.json lists no checkpoints to measure.`);
  }
  const load = (step: number) => record.loadCheckpoint(step, { signal: options.signal, ...(device && { device }) });
  return { count: steps.length + 1, found: formation(model, last, { steps, load }, { ...options, subsets }) };
}
