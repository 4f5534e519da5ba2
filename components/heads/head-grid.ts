import type { PropertyDeclarations } from 'lit';
import { bitmapOf, type Matrix } from '../shared/bitmap';
import { CanvasGrid, type Cell, type Geometry, type Palette } from '../shared/canvas-grid';
import { sequential } from '../shared/colors';
import type { Pen } from '../shared/pen';
import { within } from '../shared/selection';

/**
 * Every head of every layer as a thumbnail, a row per layer, all on one canvas. A part of `<fluoro-heads>`.
 *
 * @event {CustomEvent<Cell>} fluoro-cell-select - A head was clicked or reached by an arrow key. Does not bubble.
 * @event {CustomEvent<PointedCell | null>} fluoro-cell-hover - The pointer is over a head, and there over the query
 *   `inner.row` and key `inner.col`; or over none. Does not bubble.
 * @csspart canvas - The canvas.
 */
export class FluoroHeadGrid extends CanvasGrid {
  static override properties: PropertyDeclarations = {
    patterns: { attribute: false },
    layers: { attribute: false },
    markedRow: { attribute: false },
    describeHead: { attribute: false },
  };

  /** [row][head], each [query, key]. */
  patterns: readonly (readonly Matrix[])[] = [];
  /** The layer that each row shows. */
  layers: readonly number[] = [];
  /** A query to mark in all heads. */
  markedRow: number | null = null;
  describeHead: (cell: Cell) => string = () => '';

  get rowCount(): number {
    return this.patterns.length;
  }

  get colCount(): number {
    return this.patterns[0]?.length ?? 0;
  }

  protected describe(cell: Cell): string {
    return this.describeHead(cell);
  }

  protected override rowHeader(row: number): string {
    return `layer ${this.layers[row]}`;
  }

  protected override colHeader(col: number): string {
    return `head ${col}`;
  }

  protected override innerCell({ row, col }: Cell, across: number, down: number): Cell | undefined {
    const pattern = this.patterns[row]?.[col];
    return (
      pattern && { row: within(down * pattern.rows, pattern.rows), col: within(across * pattern.cols, pattern.cols) }
    );
  }

  protected geometry(available: number): Geometry {
    const left = 22;
    const gap = this.colCount > 8 ? 3 : 6;
    const fitting = Math.floor((available - left - 8) / Math.max(1, this.colCount)) - gap;
    const size = Math.max(18, Math.min(88, fitting));
    return { left, top: 20, cellWidth: size, cellHeight: size, gap };
  }

  protected override baseKey(): readonly unknown[] {
    return [this.patterns];
  }

  protected override paintBase(context: Pen, { left, top, cellWidth: size, gap }: Geometry, palette: Palette): void {
    this.patterns.forEach((heads, row) => {
      heads.forEach((pattern, head) => {
        const [x, y] = [left + head * (size + gap), top + row * (size + gap)];
        const bitmap = bitmapOf(pattern, sequential, palette.dark, 0, 1);
        context.imageSmoothingEnabled = pattern.cols > size * devicePixelRatio;
        context.drawImage(bitmap, x, y, size, size);
        this.#outline(context, x, y, size, palette.muted, 0.5);
      });
    });
  }

  protected paint(context: Pen, { left, top, cellWidth: size, gap }: Geometry, palette: Palette): void {
    context.textBaseline = 'middle';
    context.font = `10px ${palette.font}`;
    const step = size + gap;
    const label = (text: string, x: number, y: number, align: CanvasTextAlign, active: boolean) => {
      context.textAlign = align;
      context.fillStyle = active ? palette.text : palette.muted;
      context.fillText(text, x, y);
    };
    for (let head = 0; head < this.colCount; head++) {
      label(String(head), left + head * step + size / 2, top - 10, 'center', head === this.active.col);
    }
    this.patterns.forEach((heads, row) => {
      label(String(this.layers[row]), left - 8, top + row * step + size / 2, 'right', row === this.active.row);
      heads.forEach((pattern, head) => {
        const [x, y] = [left + head * step, top + row * step];
        if (this.markedRow !== null && pattern.rows > 1) {
          const high = size / pattern.rows;
          context.strokeStyle = palette.accent;
          context.lineWidth = 1;
          context.strokeRect(x + 0.5, y + this.markedRow * high, size - 1, Math.max(2, high));
        }
        if (this.pointed?.row === row && this.pointed.col === head)
          this.#outline(context, x, y, size, palette.accent, 1);
      });
    });
    const { row, col } = this.active;
    this.#outline(context, left + col * step, top + row * step, size, palette.accent, 2.5);
  }

  #outline(context: Pen, x: number, y: number, size: number, color: string, width: number) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x - width / 2, y - width / 2, size + width, size + width);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-head-grid': FluoroHeadGrid;
  }
}
