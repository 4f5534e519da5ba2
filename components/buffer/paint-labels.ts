/** What stands on and around the cells: numbers in them where they are large enough, and their indices. */
import type { Palette } from '../shared/canvas-grid';
import { inkOn } from '../shared/colors';
import { fit } from '../shared/fit';
import { type Block, type FluoroBufferMap, MOST_LEFT, TOP } from './buffer-map';
import { inSight } from './moves';
import { lookOf } from './paint-hatches';
import { cellSize } from './viewport';

const INDEX_HEIGHT = 13;
const INDEX_GAP = 10;
const TEXT_WIDTH = 62;
const TEXT_HEIGHT = 13;

/** Where cells are large enough for them. */
export function paintNumbers(
  context: CanvasRenderingContext2D,
  { extent, view, left, pyramid, coloring, details }: FluoroBufferMap,
  { dark, font, text }: Palette,
): void {
  const cell = cellSize(extent, view);
  if (cell.width < TEXT_WIDTH || cell.height < TEXT_HEIGHT) return;
  const sight = inSight(view, extent);
  context.font = `11px ${font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = sight.rows[0]; row < sight.rows[1]; row++) {
    const y = TOP + (row - view.y + 0.5) * cell.height;
    for (let col = sight.cols[0]; col < sight.cols[1]; col++) {
      const x = left + (col - view.x + 0.5) * cell.width;
      const i = row * extent.cols + col;
      const { color } = lookOf(pyramid.cells, i, coloring, dark);
      const label = details!.cellText(i);
      if (!color) backdrop(context, x, y, context.measureText(label).width + 6, dark);
      context.fillStyle = color ? inkOn(color) : text;
      context.fillText(label, x, y + 0.5);
    }
  }
}

/** Keeps a word on a hatch readable. */
function backdrop(context: CanvasRenderingContext2D, x: number, y: number, width: number, dark: boolean): void {
  context.fillStyle = dark ? '#0f1316' : '#fff';
  context.fillRect(x - width / 2, y - 7, width, 14);
}

export function paintIndices(
  context: CanvasRenderingContext2D,
  { extent, view, left, active, rowLabel, colLabel }: FluoroBufferMap,
  { font, text, muted }: Palette,
): void {
  const cell = cellSize(extent, view);
  const sight = inSight(view, extent);
  const use = (isActive: boolean) => {
    context.font = `${isActive ? 'bold ' : ''}11px ${font}`;
    context.fillStyle = isActive ? text : muted;
  };
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  const down = steps(sight.rows, INDEX_HEIGHT / cell.height);
  for (const row of withActive(down, active.row, sight.rows, INDEX_HEIGHT / cell.height)) {
    const y = TOP + (row - view.y + 0.5) * cell.height;
    if (y < TOP || y > TOP + extent.height) continue;
    use(row === active.row);
    context.fillText(fit(context, rowLabel(row), left - 8), left - 6, y + 0.5);
  }
  context.textAlign = 'center';
  const widest = Math.max(...[sight.cols[0], sight.cols[1] - 1].map((col) => context.measureText(colLabel(col)).width));
  const apart = (Math.min(widest, MOST_LEFT) + INDEX_GAP) / cell.width;
  const taken: { x: number; half: number }[] = [];
  for (const col of [active.col, ...steps(sight.cols, apart)]) {
    const middle = left + (col - view.x + 0.5) * cell.width;
    if (middle < left || middle > left + extent.width) continue;
    use(col === active.col);
    const label = fit(context, colLabel(col), Math.max(cell.width, MOST_LEFT));
    const half = context.measureText(label).width / 2;
    // At the edges beside the middle of its column: a number that is cut reads as another one.
    const x = Math.max(half, Math.min(middle, left + extent.width - half));
    if (taken.some((other) => Math.abs(other.x - x) < other.half + half + INDEX_GAP / 2)) continue;
    taken.push({ x, half });
    context.fillText(label, x, TOP - 9);
  }
}

/** Indices at least `apart` from each other: every one, second, fifth, tenth … */
function steps([from, to]: readonly [number, number], apart: number): number[] {
  let step = 1;
  for (let i = 0; step < apart; i++) step *= i % 3 === 1 ? 2.5 : 2;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / step)) }, (_, i) => first + i * step);
}

/** The active one instead of those that it would cover. */
function withActive(indices: number[], active: number, [from, to]: readonly [number, number], apart: number): number[] {
  if (active < from || active >= to) return indices;
  return [...indices.filter((index) => Math.abs(index - active) >= Math.max(1, apart)), active];
}

export function outline(
  context: CanvasRenderingContext2D,
  { extent, view, left }: FluoroBufferMap,
  { rows, cols }: Block,
  color: string,
  line: number,
): void {
  const cell = cellSize(extent, view);
  const place = (at: number, from: number, size: number, start: number, end: number) =>
    Math.max(start, Math.min(end, start + (at - from) * size));
  const [x0, x1] = cols.map((col) => place(col, view.x, cell.width, left, left + extent.width));
  const [y0, y1] = rows.map((row) => place(row, view.y, cell.height, TOP, TOP + extent.height));
  const [width, height] = [Math.max(5, x1! - x0!), Math.max(5, y1! - y0!)]; // A cell too small to be seen is marked all the same.
  if (x1! <= left || y1! <= TOP || x0! >= left + extent.width || y0! >= TOP + extent.height) return;
  context.strokeStyle = color;
  context.lineWidth = line;
  context.strokeRect((x0! + x1! - width) / 2, (y0! + y1! - height) / 2, width, height);
}
