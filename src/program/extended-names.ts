/**
 * What an extended program reads of the earlier pass is an input of this name, the positions that are taken over; of a
 * tensor over queries and keys, all that there were. What it computes itself bears the other.
 */
export const earlier = (tensor: string): string => `${tensor}[earlier]`;
export const later = (tensor: string): string => `${tensor}[later]`;
