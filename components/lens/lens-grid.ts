import type { PropertyDeclarations } from 'lit';
import type { Geometry, Palette } from '../shared/canvas-grid';
import { colorIndex, inkOn } from '../shared/colors';
import { fit } from '../shared/fit';
import { FluoroHeatmap } from '../shared/heatmap';
import type { Pen } from '../shared/pen';

/** Narrower cells have no room for a text. */
const MIN_TEXT = 20;

export interface CellText {
  readonly text: string;
  readonly strong: boolean;
}

/**
 * A heatmap with a text in each cell, where the cells are wide enough. A part of `<fluoro-lens>`.
 *
 * @event {CustomEvent<Cell>} fluoro-cell-select - A cell was clicked or reached by an arrow key. Does not bubble.
 * @event {CustomEvent<Cell | null>} fluoro-cell-hover - The pointer is over a cell, or over none. Does not bubble.
 * @csspart canvas - The canvas.
 */
export class FluoroLensGrid extends FluoroHeatmap {
  static override properties: PropertyDeclarations = { texts: { attribute: false } };

  /** Row-major, as the matrix. */
  texts: readonly CellText[] = [];

  protected override baseKey(): readonly unknown[] {
    return [...super.baseKey(), this.texts];
  }

  protected override paintBase(context: Pen, geometry: Geometry, palette: Palette): void {
    super.paintBase(context, geometry, palette);
    const { left, top, cellWidth, cellHeight, gap } = geometry;
    if (cellWidth < MIN_TEXT) return;
    const { matrix, scale, min, max } = this;
    const colors = palette.dark ? scale.dark : scale.light;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    this.texts.forEach(({ text, strong }, i) => {
      const value = matrix.values[i]!;
      const [x, y] = [
        left + (i % matrix.cols) * (cellWidth + gap),
        top + Math.floor(i / matrix.cols) * (cellHeight + gap),
      ];
      context.font = `${strong ? 'bold ' : ''}11px ${palette.font}`;
      context.fillStyle = matrix.isVoid?.(i) ? palette.muted : inkOn(colors[colorIndex(value, min, max)]!);
      context.fillText(fit(context, text, cellWidth - 4), x + cellWidth / 2, y + cellHeight / 2 + 0.5);
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-lens-grid': FluoroLensGrid;
  }
}
