/** What the stories' figures share: the model around them, and the library as the site serves it. */
import type { FluoroModel } from '../../components/model/model';

/** The library of the page: `dist/index.js`, of which the components that are drawn are a part. */
export type Library = typeof import('../../src/index');

/** @param base the site's own, with a slash at its end */
export function library(base: string): Promise<Library> {
  return import(/* @vite-ignore */ `${base}dist/index.js`);
}

/** The `<fluoro-model>` around an element, once the components are defined. */
export async function modelAround(element: Element): Promise<FluoroModel> {
  const model = element.closest('fluoro-model');
  if (!model) throw new Error(`<${element.localName}> stands in no <fluoro-model>`);
  await customElements.whenDefined('fluoro-model');
  return model;
}

/** Calls back with every trace that the model shows, and with the one that it shows now. Ends with the signal. */
export function onTrace(model: FluoroModel, signal: AbortSignal, use: () => void): void {
  model.addEventListener('fluoro-trace', use, { signal });
  if (model.trace) use();
}

/** The model that an element runs; it is fetched where it has not been. */
export async function modelOf(element: FluoroModel, signal: AbortSignal): Promise<NonNullable<FluoroModel['model']>> {
  element.load();
  while (!element.model) {
    await new Promise<void>((resolve, reject) => {
      const once = { once: true, signal } as const;
      element.addEventListener('fluoro-trace', () => resolve(), once);
      element.addEventListener('fluoro-error', ({ detail }) => reject(detail), once);
      signal.addEventListener('abort', () => reject(signal.reason as Error), once);
    });
  }
  return element.model;
}
