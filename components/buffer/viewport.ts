/** Where on the canvas the cells lie, while panned and zoomed. Pixels are CSS pixels. */

/** A cell that is as large shows its value. */
export const WIDEST = 84;
export const HIGHEST = 24;
/** Where cells of the whole map would be less than this many times as long one way as the other, they are square. */
const SQUARE = 4;
const LEAST_HEIGHT = 24;

export interface Extent {
  readonly rows: number;
  readonly cols: number;
  /** The plot, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface Viewport {
  /** What lies at the plot's left and upper edge, in cells. */
  readonly x: number;
  readonly y: number;
  /** 1: all of the matrix. */
  readonly zoom: number;
}

export interface CellSize {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export const whole: Viewport = { x: 0, y: 0, zoom: 1 };

/** How high the plot has to be for all rows, up to `most`. */
export function plotHeight(rows: number, cols: number, width: number, most: number): number {
  const { height } = fitted({ rows, cols, width, height: most });
  return Math.min(most, Math.max(LEAST_HEIGHT, Math.ceil(rows * height)));
}

/** A cell where all of the matrix is shown. */
function fitted({ rows, cols, width, height }: Extent): CellSize {
  const across = Math.min(WIDEST, width / Math.max(1, cols));
  const down = Math.min(HIGHEST, height / Math.max(1, rows));
  const side = Math.min(across, down);
  const constrained = across < WIDEST && down < HIGHEST;
  return constrained && Math.max(across, down) < SQUARE * side
    ? { width: side, height: side }
    : { width: across, height: down };
}

export function cellSize(extent: Extent, { zoom }: Viewport): CellSize {
  const { width, height } = fitted(extent);
  return {
    width: Math.max(width, Math.min(WIDEST, width * zoom)),
    height: Math.max(height, Math.min(HIGHEST, height * zoom)),
  };
}

/** A view of the same matrix whose edges are not inside the plot. */
export function kept({ x, y, zoom }: Viewport, extent: Extent): Viewport {
  const { width, height } = cellSize(extent, { x, y, zoom });
  const along = (at: number, count: number, fits: number) => Math.max(0, Math.min(at, count - fits));
  return {
    x: along(x, extent.cols, extent.width / width),
    y: along(y, extent.rows, extent.height / height),
    zoom,
  };
}
