import type { Model } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { PageModel } from './run-context';

/**
 * The model, for what only a GPU can do.
 *
 * @param what that is, as the beginning of a sentence: `Timing a step`
 * @throws `no-webgpu` where the page runs the model on the CPU
 */
export function onGpu(model: PageModel, what: string): Model {
  if (model.kind === 'live') return model;
  throw new FluoroscopeError('no-webgpu', `${what} takes a GPU, and this page runs the model on the CPU, in float64.`);
}
