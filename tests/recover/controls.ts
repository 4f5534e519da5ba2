import { onTestFinished } from 'vitest';
import { builtInUrl } from '../../src/built-in';
import { filesOf, readTrainingRecord } from '../../src/index';
import { loadModel } from '../../src/load-model';
import type { Model } from '../../src/loaded-model';
import type { ModelSource } from '../../src/model-source';
import { testDevice } from '../harness/device';

export const controls = [
  'addition-lookup',
  'addition-table-in-disguise',
  'addition-sums-in-disguise',
  'addition-rotated',
  'addition-59',
  'induction-permuted',
] as const;
export type Control = (typeof controls)[number];

/** A model of `fixtures/controls/` on the tests' device, for the test that runs. */
export function controlModel(name: Control): Promise<Model> {
  return modelOf(builtInUrl(`controls/${name}`));
}

/** Any model on the tests' device, for the test that runs. */
export async function modelOf(source: ModelSource): Promise<Model> {
  return forThisTest(await loadModel(source, { device: await testDevice() }));
}

/** modular-addition as it was after some steps of its training: 0 is random, 200 has just memorized its pairs. */
export async function checkpointModel(step: number): Promise<Model> {
  const record = await readTrainingRecord(filesOf('modular-addition'));
  return forThisTest(await record.loadCheckpoint(step, { device: await testDevice() }));
}

function forThisTest(model: Model): Model {
  onTestFinished(() => model.dispose());
  return model;
}
