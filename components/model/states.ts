import type { ModelState } from '../shared/run-context';

/** Sets `:state(…)`; older browsers have no custom states, or want them with two dashes. */
export function reflectState({ states }: ElementInternals, before: ModelState, state: ModelState): void {
  if (!states) return;
  states.delete(before);
  states.delete(`--${before}`);
  try {
    states.add(state);
  } catch {
    states.add(`--${state}`);
  }
}
