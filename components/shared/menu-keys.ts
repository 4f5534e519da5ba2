/**
 * What a key does in a menu: an item gets the focus, or is chosen, or the menu closes, or it closes and the focus goes
 * on (Tab). null: nothing. As in the ARIA Authoring Practices' menu button pattern.
 */
export function menuKey(
  { key, altKey, ctrlKey, metaKey }: KeyboardEvent,
  items: readonly HTMLElement[],
  current: number,
): HTMLElement | 'choose' | 'close' | 'leave' | null {
  if (altKey || ctrlKey || metaKey) return null;
  const at = (i: number) => items[(i + items.length) % items.length] ?? null;
  switch (key) {
    case 'ArrowDown':
      return at(current + 1);
    case 'ArrowUp':
      return at(current - 1);
    case 'Home':
      return at(0);
    case 'End':
      return at(-1);
    case 'Enter':
    case ' ':
      return 'choose';
    case 'Escape':
      return 'close';
    case 'Tab':
      return 'leave';
    default:
      return key.length === 1 ? startingWith(key, items, current) : null;
  }
}

function startingWith(letter: string, items: readonly HTMLElement[], current: number): HTMLElement | null {
  const following = [...items.slice(current + 1), ...items.slice(0, current + 1)];
  return (
    following.find(({ textContent }) => textContent!.trim().toLowerCase().startsWith(letter.toLowerCase())) ?? null
  );
}
