/** Ways to move and zoom, and what is where afterwards. They come after the first picture. */
import type { Cell } from '../shared/canvas-grid';
import { cellSize, type Extent, HIGHEST, kept, type Place, type Viewport, WIDEST, whole } from './viewport';

export function furthestZoom(extent: Extent): number {
  const { width, height } = cellSize(extent, whole);
  return Math.max(1, WIDEST / width, HIGHEST / height);
}

/** Zooms by a factor; what is at the place stays there, unless an edge of the matrix would come inside the plot. */
export function zoomed(view: Viewport, extent: Extent, factor: number, at: Place): Viewport {
  const before = cellSize(extent, view);
  const zoom = Math.min(furthestZoom(extent), Math.max(1, view.zoom * factor));
  const after = cellSize(extent, { ...view, zoom });
  const x = view.x + at.x / before.width - at.x / after.width;
  const y = view.y + at.y / before.height - at.y / after.height;
  return kept({ x, y, zoom }, extent);
}

/** Moves the matrix by pixels, as a hand would. */
export function panned(view: Viewport, extent: Extent, dx: number, dy: number): Viewport {
  const { width, height } = cellSize(extent, view);
  return kept({ ...view, x: view.x - dx / width, y: view.y - dy / height }, extent);
}

/** Moves as little as it takes to have a cell in sight. */
export function revealed(view: Viewport, extent: Extent, { row, col }: Cell): Viewport {
  const { width, height } = cellSize(extent, view);
  const along = (from: number, at: number, fits: number) => Math.min(at, Math.max(from, at + 1 - fits));
  const x = along(view.x, col, extent.width / width);
  const y = along(view.y, row, extent.height / height);
  return kept({ ...view, x, y }, extent);
}

/** Whether there is anything to move. */
export function movable(view: Viewport, extent: Extent): boolean {
  const { width, height } = cellSize(extent, view);
  return extent.cols * width > extent.width + 0.5 || extent.rows * height > extent.height + 0.5;
}

export function cellAt(view: Viewport, extent: Extent, { x, y }: Place): Cell | null {
  const { width, height } = cellSize(extent, view);
  const cell = { row: Math.floor(view.y + y / height), col: Math.floor(view.x + x / width) };
  const inside = x >= 0 && y >= 0 && x < extent.width && y < extent.height;
  return inside && cell.row < extent.rows && cell.col < extent.cols ? cell : null;
}

/** The cells that are at least partly in sight, `[from, to)`. */
export function inSight(view: Viewport, extent: Extent): { rows: [number, number]; cols: [number, number] } {
  const { width, height } = cellSize(extent, view);
  const along = (at: number, count: number, fits: number): [number, number] => [
    Math.floor(at),
    Math.min(count, Math.ceil(at + fits - 1e-9)),
  ];
  return {
    rows: along(view.y, extent.rows, extent.height / height),
    cols: along(view.x, extent.cols, extent.width / width),
  };
}
