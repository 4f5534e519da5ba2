import type { EditChange } from '../shared/run-context';

/** @returns the edits in place after a change */
export function changeEdits(edits: readonly string[], { set, add = [], remove = [] }: EditChange): readonly string[] {
  const kept = (set ?? edits).filter((edit) => !remove.includes(edit));
  return [...new Set([...kept, ...add])];
}
