import type { PropertyDeclarations } from 'lit';
import { bitmapOf, type Matrix } from './bitmap';
import { CanvasGrid, type Cell, type Geometry, type Palette } from './canvas-grid';
import { type ColorScale, sequential } from './colors';
import { fit } from './fit';
import type { Pen } from './pen';

/** Narrower cells could not be told apart, nor labelled: the map scrolls in its own box instead. */
const MIN_CELL = 8;
const LABEL_MAX = 96;

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

  protected geometry(available: number, context: Pick<Pen, 'measureText'>): Geometry {
    const widest = (labels: readonly string[]) => {
      return Math.min(LABEL_MAX, Math.max(0, ...labels.map((label) => context.measureText(label).width)));
    };
    const left = Math.ceil(widest(this.rowLabels)) + 10;
    const fitting = Math.floor((available - left - 8) / Math.max(1, this.colCount)) - 1;
    const cellWidth = Math.max(MIN_CELL, Math.min(this.maxCell, fitting));
    const turned = this.colLabels.filter((label) => !standsUpright(context, label, cellWidth));
    const top = turned.length === 0 ? 18 : Math.max(18, Math.ceil(widest(turned)) + 12);
    return { left, top, cellWidth, cellHeight: this.cellHeight ?? cellWidth, gap: 1 };
  }

  protected paint(context: Pen, { left, top, cellWidth, cellHeight }: Geometry, palette: Palette) {
    const { matrix, rowCount, colCount } = this;
    const [stepX, stepY] = [cellWidth + 1, cellHeight + 1];
    const bitmap = bitmapOf(matrix, this.scale, palette.dark, this.min, this.max);
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, left, top, colCount * stepX, rowCount * stepY);
    for (let row = 1; row <= rowCount; row++) context.clearRect(left, top + row * stepY - 1, colCount * stepX, 1);
    for (let col = 1; col <= colCount; col++) context.clearRect(left + col * stepX - 1, top, 1, rowCount * stepY);

    const rows = new Set([this.pointed?.row ?? this.hoverRow]);
    const cols = new Set(this.pointed ? [this.pointed.col] : this.hoverCols);
    this.#paintLabels(context, { left, top, cellWidth, cellHeight, gap: 1 }, palette, rows, cols);

    context.strokeStyle = palette.accent;
    context.lineWidth = 1;
    for (const row of rows) {
      if (row !== null) context.strokeRect(left - 1.5, top + row * stepY - 1.5, colCount * stepX + 2, stepY + 2);
    }
    for (const col of cols) context.strokeRect(left + col * stepX - 1.5, top - 1.5, stepX + 2, rowCount * stepY + 2);
    const { row, col } = this.active;
    context.lineWidth = 2;
    context.strokeRect(left + col * stepX - 1, top + row * stepY - 1, cellWidth + 2, cellHeight + 2);
  }

  #paintLabels(
    context: Pen,
    { left, top, cellWidth, cellHeight }: Geometry,
    palette: Palette,
    rows: ReadonlySet<number | null>,
    cols: ReadonlySet<number>,
  ) {
    const size = Math.min(11, Math.min(cellWidth, cellHeight) + 1);
    const use = (lit: boolean, active: boolean) => {
      context.font = `${active ? 'bold ' : ''}${size}px ${palette.font}`;
      context.fillStyle = lit ? palette.accent : active ? palette.text : palette.muted;
    };
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    this.rowLabels.forEach((label, row) => {
      use(rows.has(row), row === this.active.row);
      context.fillText(fit(context, label, LABEL_MAX), left - 6, top + row * (cellHeight + 1) + cellHeight / 2 + 0.5);
    });
    this.colLabels.forEach((label, col) => {
      context.font = `11px ${palette.font}`;
      const upright = standsUpright(context, label, cellWidth);
      use(cols.has(col), col === this.active.col);
      context.save();
      context.translate(left + col * (cellWidth + 1) + cellWidth / 2 + 0.5, top - 6);
      context.textAlign = upright ? 'center' : 'left';
      if (upright) context.textBaseline = 'alphabetic';
      else context.rotate(-Math.PI / 2);
      context.fillText(fit(context, label, LABEL_MAX), 0, 0);
      context.restore();
    });
  }
}

/** Whether a column's label fits above it, or has to be turned. */
function standsUpright(context: Pick<Pen, 'measureText'>, label: string, cellWidth: number): boolean {
  return context.measureText(label).width <= cellWidth - 3;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-heatmap': FluoroHeatmap;
  }
}
