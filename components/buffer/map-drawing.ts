/** The map on its canvas: where the matrix is, and the pixels of what is in sight. */
import type { Cell, Palette } from '../shared/canvas-grid';
import { type Coloring, levelFor, paintCells } from './paint-cells';
import { gutter, type Labels, outline, type Plot, paintIndices, paintNumbers, TOP } from './paint-labels';
import type { Pyramid } from './pyramid';
import {
  cellAt,
  cellSize,
  type Extent,
  inSight,
  kept,
  movable,
  type Place,
  plotHeight,
  type Viewport,
  whole,
} from './viewport';

/** Cells `[from, to)` along both axes. */
export interface Block {
  readonly rows: readonly [number, number];
  readonly cols: readonly [number, number];
}

export interface MapContent {
  readonly pyramid: Pyramid;
  readonly coloring: Coloring;
  readonly active: Cell;
  /** What the pointer is over. */
  readonly pointed: Block | null;
  readonly labels: Labels;
}

const RIGHT = 2;
const LEAST_HEIGHT = 24;

export class MapDrawing {
  view: Viewport = whole;
  extent: Extent = { rows: 0, cols: 0, width: 0, height: 0 };
  /** Where the plot begins, in CSS pixels. */
  #left = 0;
  /** What the labels' width was measured of. */
  #measured: readonly unknown[] = [];
  #image: ImageData | null = null;

  /** @param most the height that the canvas may have, in CSS pixels */
  draw(canvas: HTMLCanvasElement, width: number, most: number, palette: Palette, content: MapContent): void {
    const context = canvas.getContext('2d')!;
    context.font = `11px ${palette.font}`;
    this.#left = this.#gutter(context, content);
    this.#layOut(canvas, content.pyramid, width, most);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.#paintCells(context, content, palette.dark);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const plot: Plot = { extent: this.extent, view: this.view, left: this.#left };
    context.save();
    context.beginPath();
    context.rect(this.#left, TOP, this.extent.width, this.extent.height);
    context.clip();
    paintNumbers(context, plot, content, content.labels, palette);
    context.restore();
    paintIndices(context, plot, content.labels, content.active, palette);
    if (content.pointed) outline(context, plot, content.pointed, palette.accent, 1);
    const { row, col } = content.active;
    outline(context, plot, { rows: [row, row + 1], cols: [col, col + 1] }, palette.accent, 2);
    canvas.classList.toggle('movable', movable(this.view, this.extent));
  }

  #gutter(context: CanvasRenderingContext2D, { pyramid: { cells }, labels }: MapContent): number {
    const key = [labels.row, cells.rows, context.font];
    if (key.some((one, i) => one !== this.#measured[i])) {
      this.#measured = key;
      this.#left = gutter(context, cells.rows, labels.row);
    }
    return this.#left;
  }

  /** Fits the canvas to the element, and the view to the canvas. */
  #layOut(canvas: HTMLCanvasElement, { cells: { rows, cols } }: Pyramid, width: number, most: number): void {
    const plotWidth = Math.max(1, width - this.#left - RIGHT);
    const height = plotHeight(rows, cols, plotWidth, Math.max(LEAST_HEIGHT, most - TOP - RIGHT));
    this.extent = { rows, cols, width: plotWidth, height };
    this.view = kept(this.view, this.extent);
    const pixels = (side: number) => Math.round(side * devicePixelRatio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height + TOP + RIGHT}px`;
    // Setting a canvas's size, to the same one too, takes a new canvas.
    if (canvas.width !== pixels(width)) canvas.width = pixels(width);
    if (canvas.height !== pixels(height + TOP + RIGHT)) canvas.height = pixels(height + TOP + RIGHT);
  }

  #paintCells(context: CanvasRenderingContext2D, { pyramid, coloring }: MapContent, dark: boolean): void {
    const ratio = devicePixelRatio;
    const { width, height } = cellSize(this.extent, this.view);
    const [across, down] = [this.extent.width, this.extent.height].map((side) =>
      Math.max(1, Math.round(side * ratio)),
    ) as [number, number];
    let image = this.#image;
    if (image?.width !== across || image.height !== down) this.#image = image = new ImageData(across, down);
    const cell = { width: width * ratio, height: height * ratio };
    paintCells({ pyramid, coloring, dark }, new Uint32Array(image.data.buffer), across, cell, this.view);
    context.putImageData(image, Math.round(this.#left * ratio), Math.round(TOP * ratio));
  }

  /** A cell's rectangle on the canvas, in CSS pixels. */
  cellRect({ row, col }: Cell): DOMRect {
    const { width, height } = cellSize(this.extent, this.view);
    const [x, y] = [this.#left + (col - this.view.x) * width, TOP + (row - this.view.y) * height];
    return new DOMRect(x, y, width, height);
  }

  /** A place on the canvas as one in the plot. */
  inPlot({ x, y }: Place): Place {
    return { x: x - this.#left, y: y - TOP };
  }

  /** The cells that are drawn as one block at a place on the canvas. */
  blockAt(at: Place): Block | null {
    const cell = cellAt(this.view, this.extent, this.inPlot(at));
    if (!cell) return null;
    const { width, height } = cellSize(this.extent, this.view);
    const along = (i: number, pixels: number, count: number) => {
      const side = 2 ** levelFor(pixels * devicePixelRatio);
      const from = Math.floor(i / side) * side;
      return [from, Math.min(count, from + side)] as const;
    };
    return { rows: along(cell.row, height, this.extent.rows), cols: along(cell.col, width, this.extent.cols) };
  }

  get sight(): Block {
    return inSight(this.view, this.extent);
  }
}
