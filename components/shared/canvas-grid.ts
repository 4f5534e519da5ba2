import { css, html, LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { activeCell, cellId } from './active-cell';
import { cellByKey } from './grid-keys';
import { KeptDrawing } from './kept-drawing';
import { LiveRegion } from './live-region';
import { type Palette, paletteOf } from './palette';
import type { Pen } from './pen';
import { PixelRatio } from './pixel-ratio';
import { Printing } from './printing';
import { theme } from './theme';

export type { Palette } from './palette';

export interface Cell {
  readonly row: number;
  readonly col: number;
}

/** Pixels; a square of them takes half a gigabyte. Browsers draw nothing on much larger canvases: these are coarser. */
const SIDE = 11_585;

/** What the pointer is over. */
export interface PointedCell extends Cell {
  /** The cell's own cell, where it is a matrix itself. */
  readonly inner?: Cell;
}

/** Where the cells lie on the canvas, in CSS pixels. */
export interface Geometry {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
}

/**
 * A grid of cells on one canvas, with a grid's keyboard and semantics: to assistive technology it is an ARIA grid of
 * which only the active cell and its headers are in the document, and which says what the keyboard has reached.
 */
export abstract class CanvasGrid extends LitElement {
  static override properties: PropertyDeclarations = {
    label: {},
    active: { attribute: false },
    pointed: { state: true },
  };

  /** Names the grid. */
  label = '';
  /** The cell that the keyboard is on. */
  active: Cell = { row: 0, col: 0 };
  /** The cell under the pointer. */
  protected pointed: PointedCell | null = null;
  #geometry: Geometry | undefined;
  readonly #base = new KeptDrawing();
  /** Of the canvas, in CSS pixels. */
  #size = { width: 0, height: 0 };
  readonly #printing = new Printing(this);
  readonly #live = new LiveRegion(this);
  /** Whether a key asked for the cell that becomes active next. */
  #byKey = false;
  /** The active cell that was scrolled to. */
  #reached: Cell | null = null;
  #drawn: Promise<void> | null = null;
  /** Tells of its first size too, wherever it is put: its colours may be others there. */
  readonly #resized = new ResizeObserver(() => this.#drawInFrame());

  constructor() {
    super();
    new PixelRatio(this);
  }

  static override styles = [
    theme,
    css`
      :host {
        min-width: 0;
      }
      .scroll {
        overflow-x: auto;
        padding: 5px;
        margin: -5px 0 -5px -5px;
      }
      [role='grid'] {
        position: relative;
        width: max-content;
        border-radius: 3px;
      }
      canvas {
        display: block;
        color: var(--_text);
        caret-color: var(--_muted);
        outline-color: var(--_accent);
        font: 11px var(--_mono);
        cursor: crosshair;
        touch-action: manipulation;
        transition: color 1ms;
      }
      @media print {
        .scroll {
          overflow: visible;
        }
      }
    `,
  ];

  abstract get rowCount(): number;
  abstract get colCount(): number;
  protected abstract geometry(available: number, context: Pick<Pen, 'measureText' | 'font'>): Geometry;
  /** What changes while one looks around; drawn over `paintBase`. */
  protected abstract paint(context: Pen, geometry: Geometry, palette: Palette): void;
  /** A cell in words. */
  protected abstract describe(cell: Cell): string;

  /** What stays while one looks around; kept as long as `baseKey` is the same. */
  protected paintBase(_context: Pen, _geometry: Geometry, _palette: Palette): void {}

  /** What `paintBase` draws. */
  protected baseKey(): readonly unknown[] {
    return [];
  }

  /** What stands beside a row, in words. */
  protected rowHeader(row: number): string {
    return `row ${row}`;
  }

  /** What stands above a column, in words. */
  protected colHeader(col: number): string {
    return `column ${col}`;
  }

  /** What is at a place in a cell, `across` and `down` from 0 to 1, where the cell is a matrix itself. */
  protected innerCell(_cell: Cell, _across: number, _down: number): Cell | undefined {
    return undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  /** The canvas, for tests and for saving it as an image. */
  get canvas(): HTMLCanvasElement | null {
    return this.renderRoot.querySelector('canvas');
  }

  /** A cell's rectangle on the canvas, in CSS pixels. */
  cellRect({ row, col }: Cell): DOMRect {
    const { left, top, cellWidth, cellHeight, gap } = this.#geometry!;
    return new DOMRect(left + col * (cellWidth + gap), top + row * (cellHeight + gap), cellWidth, cellHeight);
  }

  /** Draws the grid as it is on the page with another pen. @returns its size, in CSS pixels */
  paintOn(pen: Pen, x: number, y: number): { readonly width: number; readonly height: number } {
    if (this.#geometry) {
      const palette = paletteOf(this.canvas!, this.#printing.active);
      pen.save();
      pen.translate(x, y);
      this.paintBase(pen, this.#geometry, palette);
      this.paint(pen, this.#geometry, palette);
      pen.restore();
    }
    return this.#size;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.size > 0) this.#drawInFrame();
    else this.#draw(); // For paper, which waits for no frame.
    if (this.#byKey && changed.has('active')) this.#live.say(this.describe(this.active));
  }

  /** Resolves when it is drawn, too. */
  protected override async getUpdateComplete(): Promise<boolean> {
    const isComplete = await super.getUpdateComplete();
    await this.#drawn;
    return isComplete;
  }

  /**
   * Colours, fonts, the width and the place that is scrolled to take style and layout, which each frame works out anyway. To
   * draw while elements are being updated, one after the other, would work them out for each.
   */
  #drawInFrame(): void {
    this.#drawn ??= new Promise(requestAnimationFrame).then(() => this.#draw());
  }

  #draw(): void {
    this.#drawn = null;
    const { canvas, clientWidth } = this;
    if (!canvas || clientWidth === 0) return; // It is not on the page, say.
    const context = canvas.getContext('2d')!;
    const palette = paletteOf(canvas, this.#printing.active);
    const font = `11px ${palette.font}`;
    context.font = font;
    const geometry = this.geometry(clientWidth, context);
    this.#geometry = geometry;
    const { left, top, cellWidth, cellHeight, gap } = geometry;
    const width = Math.ceil(left + this.colCount * (cellWidth + gap) + 2);
    const height = Math.ceil(top + this.rowCount * (cellHeight + gap) + 2);
    this.#size = { width, height };
    const ratio = Math.min(devicePixelRatio, SIDE / width, SIDE / height);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pixels = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
    const { dark, text, muted } = palette;
    const key = [...this.baseKey(), ...Object.values(geometry), ratio, dark, text, muted, font];
    const base = this.#base.drawn(pixels, key, (kept) => {
      kept.scale(ratio, ratio);
      this.paintBase(kept, geometry, palette);
    });
    context.reset();
    context.drawImage(base, 0, 0);
    context.scale(ratio, ratio);
    this.paint(context, geometry, palette);
    if (same(this.#reached, this.active)) return;
    this.#reached = this.active;
    if (this.#byKey || !this.pointed) this.#scrollTo(this.active); // Nothing moves away from under the pointer.
    this.#byKey = false;
  }

  #cellAt({ offsetX, offsetY }: MouseEvent): PointedCell | null {
    if (!this.#geometry) return null;
    const { left, top, cellWidth, cellHeight, gap } = this.#geometry;
    const across = (offsetX - left) / (cellWidth + gap);
    const down = (offsetY - top) / (cellHeight + gap);
    const cell = { row: Math.floor(down), col: Math.floor(across) };
    if (!this.#holds(cell)) return null;
    const within = (place: number, size: number) => Math.min(1, ((place % 1) * (size + gap)) / size);
    const inner = this.innerCell(cell, within(across, cellWidth), within(down, cellHeight));
    return inner ? { ...cell, inner } : cell;
  }

  #holds({ row, col }: Cell): boolean {
    return row >= 0 && row < this.rowCount && col >= 0 && col < this.colCount;
  }

  #send(type: 'fluoro-cell-select' | 'fluoro-cell-hover', detail: PointedCell | null): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #onPointer(event: PointerEvent): void {
    const cell = event.type === 'pointerleave' ? null : this.#cellAt(event);
    if (same(cell, this.pointed) && same(cell?.inner, this.pointed?.inner)) return;
    this.pointed = cell;
    this.#send('fluoro-cell-hover', cell);
  }

  #onClick(event: MouseEvent): void {
    const cell = this.#cellAt(event);
    if (cell) this.#send('fluoro-cell-select', { row: cell.row, col: cell.col });
  }

  #onKey(event: KeyboardEvent): void {
    const target = cellByKey(event, this.active, this.rowCount, this.colCount);
    if (!target) return;
    event.preventDefault();
    if (!this.#holds(target)) return;
    this.#byKey = true;
    this.#send('fluoro-cell-select', target);
  }

  #scrollTo(cell: Cell): void {
    const box = this.renderRoot.querySelector('.scroll')!;
    const { left, right } = this.cellRect(cell);
    if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth + 8;
    if (left < box.scrollLeft + 8) box.scrollLeft = left - 8;
  }

  protected override render(): TemplateResult {
    const { row, col } = this.active;
    return html`
      <div class="scroll">
        <div
          role="grid"
          tabindex="0"
          aria-label=${this.label}
          aria-rowcount=${this.rowCount + 1}
          aria-colcount=${this.colCount + 1}
          aria-activedescendant=${cellId(this.active)}
          @keydown=${this.#onKey}
        >
          <canvas
            part="canvas"
            aria-hidden="true"
            @pointermove=${this.#onPointer}
            @pointerleave=${this.#onPointer}
            @click=${this.#onClick}
            @transitionend=${this.#drawInFrame}
          ></canvas>
          ${activeCell({
            ...this.active,
            rowHeader: this.rowHeader(row),
            colHeader: this.colHeader(col),
            text: this.describe(this.active),
          })}
        </div>
      </div>
      ${this.#live.render()}
    `;
  }
}

function same(one: Cell | null | undefined, other: Cell | null | undefined): boolean {
  return one?.row === other?.row && one?.col === other?.col;
}

declare global {
  interface HTMLElementEventMap {
    'fluoro-cell-select': CustomEvent<Cell>;
    'fluoro-cell-hover': CustomEvent<PointedCell | null>;
  }
}
