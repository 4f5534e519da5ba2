/** Cells as pixels: one pass over the pixels of the plot, however many cells there are. */
import { FINITE, NumberKind } from '../../src/viewer';
import { type ColorScale, colorIndex, type Rgb } from '../shared/colors';
import { hatches, TILE } from './hatches';
import { drawnKind, drawnValue, type Level, type Pyramid } from './pyramid';
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

/** A hatch begins with as many pixels of its back, so that a block of a pixel or two is not lost in a line. */
const EDGE = 3;

/** How many times to halve so that blocks of cells of this many device pixels are each seen. */
export function levelFor(pixels: number): number {
  return Math.max(0, Math.ceil(Math.log2(LEAST_BLOCK / pixels)));
}

const tables = new WeakMap<readonly Rgb[], Uint32Array>();
const tilesBy = new Map<'light' | 'dark', Uint32Array[]>();

/** A colour as a pixel of ImageData. */
function pixelOf([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export interface Painted {
  readonly pyramid: Pyramid;
  readonly coloring: Coloring;
  readonly dark: boolean;
}

/**
 * Paints what a viewport shows, each pixel in the colour of the block that it lies in.
 *
 * @param pixels of a plot `width` device pixels wide; what holds no cell becomes transparent
 * @param cell a cell in device pixels
 */
export function paintCells(
  { pyramid, coloring, dark }: Painted,
  pixels: Uint32Array,
  width: number,
  cell: CellSize,
  view: Viewport,
): void {
  const [down, across] = [levelFor(cell.height), levelFor(cell.width)];
  const level = pyramid.level(down, across);
  const cols = spans(width, view.x, cell.width, pyramid.cells.cols, across);
  const rows = spans(pixels.length / width, view.y, cell.height, pyramid.cells.rows, down);
  const colors = colorsOf(dark ? coloring.scale.dark : coloring.scale.light);
  const tiles = tilesOf(dark);
  let [last, plain] = [-2, false];
  for (let y = 0; y < rows.length; y++) {
    const [row, from] = [rows[y]!, y * width];
    if (row === last && plain) pixels.copyWithin(from, from - width, from);
    else if (row < 0) pixels.fill(0, from, from + width);
    else plain = paintRow(pixels, from, y, cols, level, row * level.cols, coloring, colors, tiles);
    if (row < 0) plain = true;
    last = row;
  }
}

/** One row of pixels. @returns whether the next one of the same cells is the same: no hatch goes through it */
function paintRow(
  pixels: Uint32Array,
  from: number,
  y: number,
  cols: Int32Array,
  { low, high, kinds }: Level,
  start: number,
  { min, max }: Coloring,
  colors: Uint32Array,
  tiles: readonly Uint32Array[],
): boolean {
  const step = 255 / (max - min);
  let plain = true;
  let [last, color] = [-1, 0];
  let [hatched, run] = [0, 0];
  for (let x = 0; x < cols.length; x++) {
    const col = cols[x]!;
    if (col < 0) {
      pixels[from + x] = 0;
      continue;
    }
    if (col !== last) {
      last = col;
      const i = start + col;
      const kind = kinds[i]!;
      const drawn = kind > FINITE ? drawnKind(kind) : NumberKind.normal;
      if (drawn !== NumberKind.normal) {
        run = drawn === hatched ? run + 1 : 1;
        const at = run < EDGE ? 0 : 1 + (y % TILE) * TILE + (x % TILE);
        pixels[from + x] = tiles[drawn]![at]!;
        [hatched, last, plain] = [drawn, -1, false];
        continue;
      }
      hatched = 0;
      const value = drawnValue(low[i]!, high[i]!);
      color = colors[value <= min ? 0 : value >= max ? 255 : Math.round((value - min) * step)]!;
    }
    pixels[from + x] = color;
  }
  return plain;
}

/** For each pixel the block that it shows; −1 for a line between cells and for what lies outside. */
function spans(pixels: number, from: number, size: number, cells: number, halvings: number): Int32Array {
  const blocks = new Int32Array(pixels).fill(-1);
  const gap = size >= GAP_FROM;
  const side = 2 ** halvings;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = from + (pixel + 0.5) / size;
    const cell = Math.floor(at);
    if (at >= cells || cell < 0) continue;
    if (gap && Math.floor(from + (pixel + 1.5) / size) !== cell) continue;
    blocks[pixel] = Math.floor(cell / side);
  }
  return blocks;
}

function colorsOf(colors: readonly Rgb[]): Uint32Array {
  let table = tables.get(colors);
  if (!table) tables.set(colors, (table = Uint32Array.from(colors, pixelOf)));
  return table;
}

/** Each hatch by its kind of number: its back, and its tile of pixels. */
function tilesOf(dark: boolean): readonly Uint32Array[] {
  const scheme = dark ? 'dark' : 'light';
  let tiles = tilesBy.get(scheme);
  if (tiles) return tiles;
  tiles = [];
  for (const [kind, hatch] of hatches) {
    const colors = hatch[scheme].map(pixelOf);
    const tile = Array.from({ length: TILE * TILE }, (_, i) => hatch.second(i % TILE, Math.floor(i / TILE)));
    tiles[kind] = Uint32Array.of(colors[0]!, ...tile.map((isLine) => colors[isLine ? 1 : 0]!));
  }
  tilesBy.set(scheme, tiles);
  return tiles;
}

/** The colour of a block, or the hatch that it has instead. */
export function lookOf({ low, high, kinds }: Level, i: number, { scale, min, max }: Coloring, dark: boolean) {
  const hatch = hatches.get(drawnKind(kinds[i]!));
  if (hatch) return { hatch };
  return { color: (dark ? scale.dark : scale.light)[colorIndex(drawnValue(low[i]!, high[i]!), min, max)]! };
}
