import type { PropertyDeclarations } from 'lit';
import { bitmapOf, type Matrix } from './bitmap';
import { CanvasGrid, type Cell, type Geometry, type Palette } from './canvas-grid';
import { type ColorScale, sequential } from './colors';
import { HeatmapLabels } from './heatmap-labels';
import type { Pen } from './pen';

/** Narrower cells could not be told apart, nor labelled: the map scrolls in its own box instead. */
const MIN_CELL = 8;

/**
 * A matrix as a heatmap on a canvas, with a label for each row and column.
 *
 * @event {CustomEvent<Cell>} fluoro-cell-select - A cell was clicked or reached by an arrow key. Does not bubble.
 * @event {CustomEvent<Cell | null>} fluoro-cell-hover - The pointer is over a cell, or over none. Does not bubble.
 * @csspart canvas - The canvas.
 */
export class FluoroHeatmap extends CanvasGrid {
  static override properties: PropertyDeclarations = {
    matrix: { attribute: false },
    rowLabels: { attribute: false },
    colLabels: { attribute: false },
    scale: { attribute: false },
    min: { type: Number },
    max: { type: Number },
    cellHeight: { type: Number },
    maxCell: { type: Number },
    hoverRow: { attribute: false },
    hoverCols: { attribute: false },
    describeCell: { attribute: false },
  };

  matrix: Matrix = { rows: 0, cols: 0, values: [] };
  rowLabels: readonly string[] = [];
  colLabels: readonly string[] = [];
  scale: ColorScale = sequential;
  min = 0;
  max = 1;
  /** In pixels; as wide as high unless given. */
  cellHeight: number | null = null;
  maxCell = 26;
  /** A row and columns that something elsewhere points at. */
  hoverRow: number | null = null;
  hoverCols: readonly number[] = [];
  describeCell: (cell: Cell, value: number) => string = (_, value) => String(value);

  get rowCount(): number {
    return this.matrix.rows;
  }

  get colCount(): number {
    return this.matrix.cols;
  }

  protected describe(cell: Cell): string {
    return this.describeCell(cell, this.matrix.values[cell.row * this.matrix.cols + cell.col] ?? Number.NaN);
  }

  protected override rowHeader(row: number): string {
    return this.rowLabels[row] ?? super.rowHeader(row);
  }

  protected override colHeader(col: number): string {
    return this.colLabels[col] ?? super.colHeader(col);
  }

  protected geometry(available: number, context: Pick<Pen, 'measureText' | 'font'>): Geometry {
    const { font } = context;
    const labels = this.#labels();
    const left = labels.left(context, font);
    const fitting = Math.floor((available - left - 8) / Math.max(1, this.colCount)) - 1;
    const cellWidth = Math.max(MIN_CELL, Math.min(this.maxCell, fitting));
    const top = labels.top(context, font, cellWidth);
    return { left, top, cellWidth, cellHeight: this.cellHeight ?? cellWidth, gap: 1 };
  }

  #labels(): HeatmapLabels {
    return new HeatmapLabels(this.rowLabels, this.colLabels);
  }

  protected override baseKey(): readonly unknown[] {
    return [this.matrix, this.scale, this.min, this.max, this.rowLabels, this.colLabels];
  }

  protected override paintBase(context: Pen, geometry: Geometry, palette: Palette): void {
    const { left, top, cellWidth, cellHeight } = geometry;
    const { matrix, rowCount, colCount } = this;
    const [stepX, stepY] = [cellWidth + 1, cellHeight + 1];
    const bitmap = bitmapOf(matrix, this.scale, palette.dark, this.min, this.max);
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, left, top, colCount * stepX, rowCount * stepY);
    for (let row = 1; row <= rowCount; row++) context.clearRect(left, top + row * stepY - 1, colCount * stepX, 1);
    for (let col = 1; col <= colCount; col++) context.clearRect(left + col * stepX - 1, top, 1, rowCount * stepY);
    this.#labels().paint(context, geometry, palette);
  }

  protected paint(context: Pen, geometry: Geometry, palette: Palette): void {
    const { left, top, cellWidth, cellHeight } = geometry;
    const { rowCount, colCount, active } = this;
    const [stepX, stepY] = [cellWidth + 1, cellHeight + 1];
    const rows = [this.pointed?.row ?? this.hoverRow].filter((row) => row !== null);
    const cols = this.pointed ? [this.pointed.col] : this.hoverCols;
    const marked = (at: number, lit: readonly number[]) => {
      return new Map([[at, false] as const, ...lit.map((one) => [one, true] as const)]);
    };
    this.#labels().mark(context, geometry, palette, marked(active.row, rows), marked(active.col, cols));
    context.strokeStyle = palette.accent;
    context.lineWidth = 1;
    for (const row of rows) context.strokeRect(left - 1.5, top + row * stepY - 1.5, colCount * stepX + 2, stepY + 2);
    for (const col of cols) context.strokeRect(left + col * stepX - 1.5, top - 1.5, stepX + 2, rowCount * stepY + 2);
    const { row, col } = active;
    context.lineWidth = 2;
    context.strokeRect(left + col * stepX - 1, top + row * stepY - 1, cellWidth + 2, cellHeight + 2);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-heatmap': FluoroHeatmap;
  }
}
