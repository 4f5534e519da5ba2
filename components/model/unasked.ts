/** What has a model fetched that nobody has asked for, and what asking would take: needed once recordings are on screen. */
import { addressOf } from './address';
import { type LoadedModel, whenLoaded } from './loaded';
import type { SessionSource } from './session';

export { askSize, describeSize } from './model-size';
export { whenNear } from './near-viewport';

/**
 * Calls back when the source's model is in memory, because another element has it.
 *
 * @returns stops waiting
 */
export function whenInMemory({ src, device, reference }: SessionSource, callback: () => void): () => void {
  const address = addressOf(src ?? '');
  const onCpu = reference === 'only' || (reference === 'auto' && !device && !navigator.gpu);
  const fits = (model: LoadedModel) => {
    if (model.address !== address) return false;
    return onCpu ? model.kind === 'reference' : model.kind === 'live' && model.device === device;
  };
  return whenLoaded(fits, callback);
}
