/** The labels of a heatmap's rows and columns. */
import type { Geometry, Palette } from './canvas-grid';
import { fit } from './fit';
import type { Pen } from './pen';

const LABEL_MAX = 96;
/** Above the columns where no label stands there, or all stand upright. */
const UPRIGHT = 18;

interface Measured {
  readonly font: string;
  readonly widths: readonly number[];
  /** What has room. */
  readonly texts: readonly string[];
}

const measured = new WeakMap<readonly string[], Measured>();

function measure(pen: Pick<Pen, 'measureText' | 'font'>, labels: readonly string[], font: string): Measured {
  const kept = measured.get(labels);
  if (kept?.font === font) return kept;
  pen.font = font;
  const widths = labels.map((label) => pen.measureText(label).width);
  const found = { font, widths, texts: labels.map((label) => fit(pen, label, LABEL_MAX)) };
  measured.set(labels, found);
  return found;
}

export class HeatmapLabels {
  constructor(
    private readonly rows: readonly string[],
    private readonly cols: readonly string[],
  ) {}

  /** The room beside the rows. */
  left(pen: Pick<Pen, 'measureText' | 'font'>, font: string): number {
    return Math.ceil(Math.min(LABEL_MAX, Math.max(0, ...measure(pen, this.rows, font).widths))) + 10;
  }

  /** The room above the columns: labels that do not fit above their column are turned. */
  top(pen: Pick<Pen, 'measureText' | 'font'>, font: string, cellWidth: number): number {
    const turned = measure(pen, this.cols, font).widths.filter((width) => !standsUpright(width, cellWidth));
    return turned.length === 0 ? UPRIGHT : Math.max(UPRIGHT, Math.ceil(Math.min(LABEL_MAX, Math.max(...turned))) + 12);
  }

  paint(pen: Pen, geometry: Geometry, palette: Palette): void {
    for (const row of this.rows.keys()) this.#row(pen, geometry, palette, row, palette.muted, false);
    for (const col of this.cols.keys()) this.#col(pen, geometry, palette, col, palette.muted, false);
  }

  /** Some of them again, in a colour of their own, the active one in bold. */
  mark(
    pen: Pen,
    geometry: Geometry,
    palette: Palette,
    rows: ReadonlyMap<number, boolean>,
    cols: ReadonlyMap<number, boolean>,
  ): void {
    const { left, top, cellWidth, cellHeight } = geometry;
    for (const [row, lit] of rows) {
      if (row >= this.rows.length) continue;
      pen.clearRect(0, top + row * (cellHeight + 1), left - 3, cellHeight + 1);
      this.#row(pen, geometry, palette, row, lit ? palette.accent : palette.text, true);
    }
    for (const [col, lit] of cols) {
      if (col >= this.cols.length) continue;
      pen.clearRect(left + col * (cellWidth + 1), 0, cellWidth + 1, top - 3);
      this.#col(pen, geometry, palette, col, lit ? palette.accent : palette.text, true);
    }
  }

  #use(pen: Pen, { cellWidth, cellHeight }: Geometry, palette: Palette, color: string, strong: boolean): void {
    const size = Math.min(11, Math.min(cellWidth, cellHeight) + 1);
    pen.font = `${strong ? 'bold ' : ''}${size}px ${palette.font}`;
    pen.fillStyle = color;
  }

  #row(pen: Pen, geometry: Geometry, palette: Palette, row: number, color: string, strong: boolean): void {
    const { left, top, cellHeight } = geometry;
    const { texts } = measure(pen, this.rows, fontOf(palette));
    this.#use(pen, geometry, palette, color, strong);
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    pen.fillText(texts[row]!, left - 6, top + row * (cellHeight + 1) + cellHeight / 2 + 0.5);
  }

  #col(pen: Pen, geometry: Geometry, palette: Palette, col: number, color: string, strong: boolean): void {
    const { left, top, cellWidth } = geometry;
    const { widths, texts } = measure(pen, this.cols, fontOf(palette));
    const upright = standsUpright(widths[col]!, cellWidth);
    this.#use(pen, geometry, palette, color, strong);
    pen.save();
    pen.translate(left + col * (cellWidth + 1) + cellWidth / 2 + 0.5, top - 6);
    pen.textAlign = upright ? 'center' : 'left';
    pen.textBaseline = upright ? 'alphabetic' : 'middle';
    if (!upright) pen.rotate(-Math.PI / 2);
    pen.fillText(texts[col]!, 0, 0);
    pen.restore();
  }
}

function fontOf({ font }: Palette): string {
  return `11px ${font}`;
}

/** Whether a column's label fits above it, or has to be turned. */
function standsUpright(width: number, cellWidth: number): boolean {
  return width <= cellWidth - 3;
}
