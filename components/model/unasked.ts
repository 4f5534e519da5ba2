/** What has a model fetched that nobody has asked for, and what asking would take: needed once recordings are on screen. */
import { addressOf } from './address';
import { type LoadedModel, whenLoaded } from './loaded';
import type { SessionSource } from './session';

export { askSize, describeSize } from './model-size';
export { whenNear } from './near-viewport';

/**
 * Calls back when trying costs nothing: another element has the source's model in memory, or there is nothing to run it on, so
 * that no weights are fetched and why not is said. After the signal it does not.
 */
export function whenFree({ src, device, reference }: SessionSource, callback: () => void, signal: AbortSignal): void {
  const address = addressOf(src ?? '');
  const noGpu = !device && !navigator.gpu;
  if (noGpu && reference === 'off') callback();
  const onCpu = reference === 'only' || (reference === 'auto' && noGpu);
  const fits = (model: LoadedModel) => {
    if (model.address !== address) return false;
    return onCpu ? model.kind === 'reference' : model.kind === 'live' && model.device === device;
  };
  signal.addEventListener('abort', whenLoaded(fits, callback));
}
