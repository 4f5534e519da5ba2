import type { RecoverOptions, Recovery } from '../../src/index';
import { readTrainingRecord, recover } from '../../src/index';
import { filesOf } from '../../src/viewer';
import type { PageModel } from '../shared/run-context';

/**
 * Tries hypotheses on a model.
 *
 * @param files the model's directory, for what it was trained on and what training cost; null: unknown
 * @throws as `recover` and `readTrainingRecord`
 */
export async function testHypotheses(
  model: PageModel,
  files: string | null,
  options: RecoverOptions,
): Promise<Recovery> {
  const record = files === null ? null : await readTrainingRecord(filesOf(files));
  return recover(model, { ...options, trainingFlops: record?.flops ?? null, subsets: record?.subsets ?? {} });
}
