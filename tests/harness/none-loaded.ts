import { whenLoaded } from '../../components/model/loaded';

/**
 * Waits until no element has a model in memory. One that was asked something lets go of it when that is answered, after it has
 * left the page: until then its buffers are counted, and an element that is put on the page turns live with it.
 */
export async function noneLoaded(): Promise<void> {
  for (;;) {
    let loaded = false;
    const stop = whenLoaded(
      () => true,
      () => (loaded = true),
    );
    await Promise.resolve(); // It is called back in a microtask.
    stop();
    if (!loaded) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
}
