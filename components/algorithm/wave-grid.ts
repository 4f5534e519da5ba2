import type { PropertyDeclarations } from 'lit';
import { bitmapOf, type Matrix } from '../shared/bitmap';
import { CanvasGrid, type Cell, type Geometry, type Palette } from '../shared/canvas-grid';
import { sequential } from '../shared/colors';
import type { Pen } from '../shared/pen';

const WIDEST = 500;

/**
 * A large matrix without gaps, its rows and columns numbered. A part of `<fluoro-algorithm>`.
 *
 * @event {CustomEvent<Cell>} fluoro-cell-select - A cell was clicked or reached by an arrow key. Does not bubble.
 * @event {CustomEvent<Cell | null>} fluoro-cell-hover - The pointer is over a cell, or over none. Does not bubble.
 * @csspart canvas - The canvas.
 */
export class FluoroWaveGrid extends CanvasGrid {
  static override properties: PropertyDeclarations = {
    matrix: { attribute: false },
    min: { type: Number },
    max: { type: Number },
    describeCell: { attribute: false },
  };

  matrix: Matrix = { rows: 0, cols: 0, values: [] };
  min = 0;
  max = 1;
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
    return `a ${row}`;
  }

  protected override colHeader(col: number): string {
    return `b ${col}`;
  }

  protected geometry(available: number): Geometry {
    const left = 34;
    const cell = Math.max(1, Math.floor((Math.min(available, WIDEST) - left - 12) / Math.max(1, this.colCount)));
    return { left, top: 22, cellWidth: cell, cellHeight: cell, gap: 0 };
  }

  protected override baseKey(): readonly unknown[] {
    return [this.matrix, this.min, this.max];
  }

  protected override paintBase(context: Pen, { left, top, cellWidth: size }: Geometry, palette: Palette): void {
    const { matrix, rowCount, colCount } = this;
    const bitmap = bitmapOf(matrix, sequential, palette.dark, this.min, this.max);
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, left, top, colCount * size, rowCount * size);
    context.font = `11px ${palette.font}`;
    context.fillStyle = palette.muted;
    const step = size * 20 >= 30 ? 20 : 40;
    for (let i = 0; i < Math.max(rowCount, colCount); i += step) {
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      if (i < rowCount) context.fillText(i === 0 ? 'a 0' : String(i), left - 6, top + (i + 0.5) * size);
      context.textAlign = i === 0 ? 'left' : 'center';
      context.textBaseline = 'alphabetic';
      if (i < colCount) context.fillText(i === 0 ? 'b 0' : String(i), left + (i === 0 ? 0 : i + 0.5) * size, top - 6);
    }
  }

  protected paint(context: Pen, { left, top, cellWidth: size }: Geometry, palette: Palette): void {
    const { row, col } = this.active;
    context.strokeStyle = palette.accent;
    context.lineWidth = 2;
    context.strokeRect(left + col * size - 2, top + row * size - 2, size + 4, size + 4);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-wave-grid': FluoroWaveGrid;
  }
}
