/** Which models are in memory, for elements that would turn live as soon as theirs is. */

/** A model on a device; undefined: the page's shared one. */
export interface OnDevice {
  readonly address: string;
  readonly device: GPUDevice | undefined;
}

interface Waiting extends OnDevice {
  readonly callback: () => void;
}

const loaded = new Set<OnDevice>();
const waiting = new Set<Waiting>();

const same = (one: OnDevice, other: OnDevice) => one.address === other.address && one.device === other.device;

/** Says that a model has come into memory, or is about to leave it. */
export function announceLoaded(model: OnDevice, isLoaded: boolean): void {
  if (!isLoaded) {
    loaded.delete(model);
    return;
  }
  loaded.add(model);
  for (const one of [...waiting]) if (same(one, model)) one.callback();
}

/**
 * Calls back when somebody else has loaded the model, at once where it is there.
 *
 * @returns stops waiting
 */
export function whenLoaded(model: OnDevice, callback: () => void): () => void {
  const one = { ...model, callback };
  waiting.add(one);
  if ([...loaded].some((there) => same(there, model))) queueMicrotask(() => waiting.has(one) && callback());
  return () => waiting.delete(one);
}
