import type { Cell } from './canvas-grid';

/** The cell that a key leads to, which may lie outside of the grid; null for a key that leads nowhere. */
export function cellByKey(event: KeyboardEvent, { row, col }: Cell, rows: number, cols: number): Cell | null {
  if (event.altKey || event.metaKey) return null;
  switch (event.key) {
    case 'ArrowUp':
      return { row: row - 1, col };
    case 'ArrowDown':
      return { row: row + 1, col };
    case 'ArrowLeft':
      return { row, col: col - 1 };
    case 'ArrowRight':
      return { row, col: col + 1 };
    case 'PageUp':
      return { row: Math.max(0, row - 10), col };
    case 'PageDown':
      return { row: Math.min(rows - 1, row + 10), col };
    case 'Home':
      return { row: event.ctrlKey ? 0 : row, col: 0 };
    case 'End':
      return { row: event.ctrlKey ? rows - 1 : row, col: cols - 1 };
    default:
      return null;
  }
}
