/**
 * Tests load models as on a first visit: what one test has downloaded, the next one would otherwise find. A test of what is
 * kept puts the browser's own storage back for as long as it runs.
 */
import { onTestFinished } from 'vitest';

const { caches } = globalThis;

export function withoutCaches(): void {
  Object.defineProperty(globalThis, 'caches', { value: undefined, configurable: true });
}

/** The browser's storage, with nothing in it, until this test ends. */
export async function emptyCaches(): Promise<CacheStorage> {
  const empty = async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  };
  await empty();
  Object.defineProperty(globalThis, 'caches', { value: caches, configurable: true });
  onTestFinished(async () => {
    withoutCaches();
    await empty();
  });
  return caches;
}
