/** Loaded when a tensor is asked for that a recording does not hold. */
import { nearest } from '../program/nearest';

/** The rest of a sentence that says so: the names near the one that was asked for. */
export function namesNear(name: string, names: readonly string[]): string {
  return ` Near it: ${nearest(name, names).join(', ') || 'none'}.`;
}
