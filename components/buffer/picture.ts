/** The slice as a picture of its own: all of it, at a level of detail that keeps the file to a sensible size. */
import type { Rgb } from '../shared/colors';
import { hatches } from './hatches';
import { type Coloring, paintCells } from './paint-cells';
import { lookOf, paintHatches } from './paint-hatches';
import type { Pyramid } from './pyramid';
import { whole } from './viewport';

/** Pixels along the longer side. */
const MOST_PIXELS = 2048;
const MOST_SIDE = 16;
/** Blocks of an SVG along each side: a megabyte or so at the most. */
const MOST_BLOCKS = 128;
const SVG_WIDTH = 720;

export interface Picture {
  readonly pyramid: Pyramid;
  readonly coloring: Coloring;
  readonly dark: boolean;
  /** What it is, in a line. */
  readonly title: string;
}

/** Whole pixels to a cell, or blocks of cells to a pixel. */
export async function png({ pyramid, coloring, dark }: Picture): Promise<Blob> {
  const { rows, cols } = pyramid.cells;
  const side = Math.max(1, Math.min(MOST_SIDE, Math.floor(MOST_PIXELS / Math.max(rows, cols))));
  const [width, height] = [cols, rows].map((count) => Math.min(MOST_PIXELS, count * side)) as [number, number];
  const image = new ImageData(width, height);
  const cell = { width: width / cols, height: height / rows };
  const pixels = new Uint32Array(image.data.buffer);
  paintHatches(paintCells({ pyramid, coloring, dark }, pixels, width, cell, whole), pixels, dark);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Rectangles, one for neighbours of one colour; what is no number is hatched. */
export function svg({ pyramid, coloring, dark, title }: Picture): string {
  const { rows, cols } = pyramid.cells;
  const [y, x] = [rows, cols].map((count) => Math.max(0, Math.ceil(Math.log2(count / MOST_BLOCKS)))) as [
    number,
    number,
  ];
  const level = pyramid.level(y, x);
  const width = SVG_WIDTH / level.cols;
  const height = Math.min(24, Math.max(1, Math.min(width, SVG_WIDTH / level.rows)));
  const used = new Set<string>();
  const rects: string[] = [];
  for (let row = 0; row < level.rows; row++) {
    let [from, fill] = [0, ''];
    for (let col = 0; col <= level.cols; col++) {
      const { color, hatch } = col < level.cols ? lookOf(level, row * level.cols + col, coloring, dark) : {};
      const next = color ? hex(color) : hatch ? `url(#${idOf(hatch.name)})` : '';
      if (hatch) used.add(hatch.name);
      if (next === fill) continue;
      if (fill !== '') rects.push(rect(from * width, row * height, (col - from) * width, height, fill));
      [from, fill] = [col, next];
    }
  }
  const patterns = [...hatches.values()]
    .filter(({ name }) => used.has(name))
    .map((hatch) => {
      const [back, line] = dark ? hatch.dark : hatch.light;
      return (
        `<pattern id="${idOf(hatch.name)}" width="6" height="6" patternUnits="userSpaceOnUse">` +
        `<path d="M0 0H6V6H0Z" fill="${hex(back)}"/><path d="${hatch.path}" stroke="${hex(line)}" stroke-width="2"/></pattern>`
      );
    });
  const high = number(level.rows * height);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SVG_WIDTH} ${high}" width="${SVG_WIDTH}" height="${high}" ` +
      `shape-rendering="crispEdges" role="img">`,
    `<title>${escaped(title)}</title>`,
    ...(patterns.length > 0 ? [`<defs>${patterns.join('')}</defs>`] : []),
    ...rects,
    '</svg>\n',
  ].join('\n');
}

function rect(x: number, y: number, width: number, height: number, fill: string): string {
  const [left, top, across, down] = [x, y, width, height].map(number);
  return `<rect x="${left}" y="${top}" width="${across}" height="${down}" fill="${fill}"/>`;
}

function number(value: number): string {
  return String(Number(value.toFixed(3)));
}

function hex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function idOf(name: string): string {
  return name.replace('+', 'plus').replace('−', 'minus');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
