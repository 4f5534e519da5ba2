/** The place in a list from 0 to `last` that a key leads to; null for a key that leads nowhere. */
export function placeByKey(event: KeyboardEvent, current: number, last: number): number | null {
  if (event.altKey || event.metaKey || event.ctrlKey) return null;
  switch (event.key) {
    case 'ArrowUp':
    case 'ArrowLeft':
      return Math.max(0, current - 1);
    case 'ArrowDown':
    case 'ArrowRight':
      return Math.min(last, current + 1);
    case 'PageUp':
      return Math.max(0, current - 10);
    case 'PageDown':
      return Math.min(last, current + 10);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
