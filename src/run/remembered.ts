/** What a page's storage keeps of earlier visits; nothing where there is no page, or where it may not store. */

const PREFIX = 'fluoroscope/';

export function remembered(key: string): string | null {
  return storage((kept) => kept.getItem(PREFIX + key));
}

/** Keeps a value under a key; null forgets it. */
export function remember(key: string, value: string | null): void {
  storage((kept) => (value === null ? kept.removeItem(PREFIX + key) : kept.setItem(PREFIX + key, value)) ?? null);
}

function storage<T>(use: (kept: Storage) => T): T | null {
  if (typeof document === 'undefined') return null; // Node has the name too, and warns where it is touched.
  try {
    return use(localStorage);
  } catch {
    return null; // A sandboxed frame has none, and a full one takes nothing more: it will be measured again.
  }
}
