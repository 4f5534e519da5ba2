/** Cells as pixels: one pass over the pixels of the plot, however many cells there are. */
import { FINITE, NumberKind } from '../../src/viewer';
import { type ColorScale, colorIndex, packedColors } from '../shared/colors';
import type { Cells, Pyramid } from './pyramid';
import type { CellSize, Viewport } from './viewport';

/** A colour scale between two values. */
export interface Coloring {
  readonly scale: ColorScale;
  readonly min: number;
  readonly max: number;
}

/** Cells this many pixels long have a line between them. */
const GAP_FROM = 7;
/** Blocks are a little more than a pixel, so that no rounding passes one over. */
const LEAST_BLOCK = 1.001;

/** How many times to halve so that blocks of cells of this many device pixels are each seen. */
export function levelFor(pixels: number): number {
  return Math.max(0, Math.ceil(Math.log2(LEAST_BLOCK / pixels)));
}

export interface Painted {
  readonly pyramid: Pyramid;
  readonly coloring: Coloring;
  readonly dark: boolean;
}

/** Which block each pixel of a plot shows. */
export interface Blocks {
  readonly level: Cells;
  /** By the pixel's row and column; −1 for a line between cells and for what lies outside. */
  readonly rows: Int32Array;
  readonly cols: Int32Array;
}

/**
 * Paints what a viewport shows, each pixel in the colour of the block that it lies in. What holds no cell becomes
 * transparent, and so does a block that is drawn as no number.
 *
 * @param pixels of a plot `width` device pixels wide
 * @param cell a cell in device pixels
 */
export function paintCells(
  { pyramid, coloring: { scale, min, max }, dark }: Painted,
  pixels: Uint32Array,
  width: number,
  cell: CellSize,
  view: Viewport,
): Blocks {
  const [down, across] = [levelFor(cell.height), levelFor(cell.width)];
  const level = pyramid.level(down, across);
  const cols = spans(width, view.x, cell.width, pyramid.cells.cols, across);
  const rows = spans(pixels.length / width, view.y, cell.height, pyramid.cells.rows, down);
  const colors = packedColors(dark ? scale.dark : scale.light);
  for (let y = 0; y < rows.length; y++) {
    const [row, from] = [rows[y]!, y * width];
    if (row === rows[y - 1]) {
      pixels.copyWithin(from, from - width, from);
      continue;
    }
    let [last, color] = [-1, 0];
    for (let x = 0; x < width; x++) {
      const col = row < 0 ? -1 : cols[x]!;
      if (col !== last) {
        last = col;
        const i = row * level.cols + col;
        color = col < 0 || !isNumber(level.kinds[i]!) ? 0 : colors[colorIndex(level.values[i]!, min, max)]!;
      }
      pixels[from + x] = color;
    }
  }
  return { level, rows, cols };
}

/** Whether a block of such kinds is drawn as its number: masked scores alone give way to one. */
function isNumber(kinds: number): boolean {
  const rest = kinds & ~NumberKind.masked;
  return rest > 0 && rest <= FINITE;
}

function spans(pixels: number, from: number, size: number, cells: number, halvings: number): Int32Array {
  const cellAt = (pixel: number) => Math.floor(from + (pixel + 0.5) / size);
  return Int32Array.from({ length: pixels }, (_, pixel) => {
    const cell = cellAt(pixel);
    return cell >= cells || (size >= GAP_FROM && cellAt(pixel + 1) !== cell) ? -1 : cell >> halvings;
  });
}
