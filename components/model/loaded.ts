/** Which models are in memory, for elements that would turn live as soon as theirs is. */

export interface LoadedModel {
  readonly kind: 'live' | 'reference';
  readonly address: string;
  /** undefined: the page's shared one, or the CPU. */
  readonly device: GPUDevice | undefined;
}

interface Waiting {
  readonly fits: (model: LoadedModel) => boolean;
  readonly callback: () => void;
}

const loaded = new Set<LoadedModel>();
const waiting = new Set<Waiting>();

/** Says that a model has come into memory, or is about to leave it. */
export function announceLoaded(model: LoadedModel, isLoaded: boolean): void {
  if (!isLoaded) {
    loaded.delete(model);
    return;
  }
  loaded.add(model);
  for (const { fits, callback } of [...waiting]) if (fits(model)) callback();
}

/**
 * Calls back when somebody else has loaded a model that fits, at once where it is there.
 *
 * @returns stops waiting
 */
export function whenLoaded(fits: Waiting['fits'], callback: () => void): () => void {
  const one = { fits, callback };
  waiting.add(one);
  if ([...loaded].some(fits)) queueMicrotask(() => waiting.has(one) && callback());
  return () => waiting.delete(one);
}
