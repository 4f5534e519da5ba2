import { visibleToken } from './text';

/** One token, or both where they differ. */
export function bothTokens(one: string, other: string): string {
  return one === other ? visibleToken(one) : `${visibleToken(one)} ≠ ${visibleToken(other)}`;
}
