import { vi } from 'vitest';

/** How long something may take to come, in ms: on two slow cores that others use too, many times as long as here. */
export const PATIENT = { timeout: 100_000, interval: 10 } as const;

/** Waits for a condition; the GPU and the network take their time. What comes with it is read before anything else happens. */
export function until(condition: () => unknown): Promise<void> {
  const check = (met: unknown) => {
    if (!met) throw new Error(`not yet: ${condition}`);
  };
  return vi.waitFor(() => {
    const met = condition();
    return met instanceof Promise ? met.then(check) : check(met);
  }, PATIENT);
}
