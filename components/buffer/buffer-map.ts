import { css, html, LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { activeCell, cellId } from '../shared/active-cell';
import type { Cell } from '../shared/canvas-grid';
import { sequential } from '../shared/colors';
import { cellByKey } from '../shared/grid-keys';
import { LiveRegion } from '../shared/live-region';
import { paletteOf } from '../shared/palette';
import { PixelRatio } from '../shared/pixel-ratio';
import { Printing } from '../shared/printing';
import { theme } from '../shared/theme';
import type { MapHands } from './map-hands';
import { type Coloring, paintCells } from './paint-cells';
import { Pyramid } from './pyramid';
import { cellSize, type Extent, kept, type Place, plotHeight, type Viewport, whole } from './viewport';

/** Cells `[from, to)` along both axes. */
export interface Block {
  readonly rows: readonly [number, number];
  readonly cols: readonly [number, number];
}

/** What the first picture does without: what is written on the map, and moves it. */
export interface MapDetails {
  readonly Hands: new (map: FluoroBufferMap) => MapHands;
  /** What is written into a cell, by its offset. */
  readonly cellText: (i: number) => string;
  readonly describeCell: (cell: Cell) => string;
}

/** Above the plot, beside it and below, in CSS pixels: indices stand above, and a line about it has room. */
export const TOP = 20;
const EDGE = 2;
export const MOST_LEFT = 96;
const LEAST_HEIGHT = 24;

const EVENTS = ['keydown', 'wheel', 'pointerdown', 'pointermove', 'pointerleave'];
const ENDS = ['pointerup', 'pointercancel'];

/**
 * A matrix of any size as a heatmap that is moved and zoomed. Where cells are smaller than pixels, a block of them is
 * drawn as its value of largest magnitude; where they are large enough they hold their number. A part of
 * `<fluoro-buffer>`; to assistive technology it is a grid of which only the active cell is in the document.
 *
 * @event {CustomEvent<Cell>} fluoro-cell-select - A cell was clicked or reached by a key. Does not bubble.
 * @event {CustomEvent<Block | null>} fluoro-block-hover - The pointer is over a block, or over none. Does not bubble.
 * @event {CustomEvent<Block>} fluoro-block-view - Other cells are in sight. Does not bubble.
 * @csspart canvas - The canvas.
 */
export class FluoroBufferMap extends LitElement {
  static override properties: PropertyDeclarations = {
    label: {},
    pyramid: { attribute: false },
    coloring: { attribute: false },
    active: { attribute: false },
    rowLabel: { attribute: false },
    colLabel: { attribute: false },
    details: { attribute: false },
  };

  /** Names the grid. */
  label = '';
  pyramid = new Pyramid({ rows: 0, cols: 0, values: new Float32Array(), kinds: new Uint8Array() });
  coloring: Coloring = { scale: sequential, min: 0, max: 1 };
  /** The cell that the keyboard is on. */
  active: Cell = { row: 0, col: 0 };
  rowLabel: (row: number) => string = String;
  colLabel: (col: number) => string = String;
  /** null until it has come. */
  details: MapDetails | null = null;
  /** Where the map is. */
  view: Viewport = whole;
  /** The matrix in cells and the plot in pixels. */
  extent: Extent = { rows: 0, cols: 0, width: 0, height: 0 };
  /** Where the plot begins, in CSS pixels: beside it stand the rows' labels. */
  left = 0;
  /** What that was measured of. */
  #measured: readonly unknown[] = [];
  #image = new ImageData(1, 1);
  #frame = 0;
  #hands: MapHands | null = null;
  /** What was done before the hands came. */
  #early: Event[] = [];
  /** Says what the keyboard has reached. */
  readonly live = new LiveRegion(this);
  readonly #printing = new Printing(this);
  readonly #resized = new ResizeObserver(() => this.schedule());

  constructor() {
    super();
    new PixelRatio(this);
    for (const type of EVENTS) this.addEventListener(type, this.#act);
  }

  static override styles = [
    theme,
    css`
      :host {
        min-width: 0;
      }
      [role='grid'] {
        position: relative;
        max-height: var(--fluoro-buffer-height, 28rem);
        border-radius: 3px;
        overflow: hidden;
      }
      canvas {
        display: block;
        color: var(--_text);
        caret-color: var(--_muted);
        outline-color: var(--_accent);
        font: 11px var(--_mono);
        cursor: crosshair;
        touch-action: pan-x pan-y;
        transition: color 1ms;
      }
      canvas.movable {
        touch-action: none;
      }
    `,
  ];

  get canvas(): HTMLCanvasElement | null {
    return this.renderRoot.querySelector('canvas');
  }

  /** A cell's rectangle on the canvas, in CSS pixels. */
  cellRect({ row, col }: Cell): DOMRect {
    const { width, height } = cellSize(this.extent, this.view);
    return new DOMRect(this.left + (col - this.view.x) * width, TOP + (row - this.view.y) * height, width, height);
  }

  /** Zooms about a place in the plot, else about the middle of the cells in it; by 0 to all of it. */
  zoomBy(factor: number, at?: Place): void {
    this.#hands?.zoomBy(factor, at);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  protected override updated(changed: PropertyValues): void {
    if (this.details) this.#hands ??= new this.details.Hands(this);
    this.#hands?.willDraw(changed);
    this.draw();
    this.#hands?.hasDrawn(changed);
    if (this.#hands) for (const event of this.#early.splice(0)) this.#hands.act(event);
  }

  /** Draws in the next frame. */
  schedule(): void {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draws what is in sight, now. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { canvas, clientWidth, pyramid } = this;
    if (!canvas || clientWidth === 0) return;
    const palette = paletteOf(canvas, this.#printing.active);
    const context = canvas.getContext('2d')!;
    this.#layOut(canvas, context, clientWidth, `11px ${palette.font}`);
    const ratio = devicePixelRatio;
    const cell = cellSize(this.extent, this.view);
    const [across, down] = [this.extent.width, this.extent.height].map((side) => Math.max(1, Math.round(side * ratio)));
    if (this.#image.width !== across || this.#image.height !== down) this.#image = new ImageData(across!, down!);
    const pixels = new Uint32Array(this.#image.data.buffer);
    const size = { width: cell.width * ratio, height: cell.height * ratio };
    const blocks = paintCells(
      { pyramid, coloring: this.coloring, dark: palette.dark },
      pixels,
      across!,
      size,
      this.view,
    );
    this.#hands?.hatch(blocks, pixels, palette);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.putImageData(this.#image, Math.round(this.left * ratio), Math.round(TOP * ratio));
    context.scale(ratio, ratio);
    this.#hands?.write(context, palette);
  }

  /** Fits the canvas to the element, and the view to the canvas. */
  #layOut(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, across: number, font: string): void {
    const { rows, cols } = this.pyramid.cells;
    context.font = font;
    const measured = [this.rowLabel, rows, font];
    if (measured.some((one, i) => one !== this.#measured[i])) {
      this.#measured = measured;
      // Of some of the rows, in case they are many.
      const some = [...Array(Math.min(rows, 256)).keys(), rows - 1];
      const widths = some.map((row) => context.measureText(this.rowLabel(row)).width);
      this.left = Math.ceil(Math.min(MOST_LEFT, Math.max(...widths))) + 10;
    }
    const most = Number.parseFloat(getComputedStyle(canvas.parentElement!).maxHeight) - TOP - EDGE;
    const width = Math.max(1, across - this.left - EDGE);
    const height = plotHeight(rows, cols, width, Math.max(LEAST_HEIGHT, most));
    this.extent = { rows, cols, width, height };
    this.view = kept(this.view, this.extent);
    for (const [side, size] of [['width', across] as const, ['height', height + TOP + EDGE] as const]) {
      canvas.style[side] = `${size}px`;
      const pixels = Math.round(size * devicePixelRatio);
      if (canvas[side] !== pixels) canvas[side] = pixels; // Setting it, to the same one too, takes a new canvas.
    }
  }

  readonly #act = (event: Event): void => {
    if (this.#hands) {
      this.#hands.act(event);
      return;
    }
    this.#early.push(event);
    if (event.type === 'pointerdown') for (const type of ENDS) addEventListener(type, this.#act, { once: true });
    const isAnswered =
      event instanceof WheelEvent
        ? event.ctrlKey
        : event instanceof KeyboardEvent && cellByKey(event, this.active, 1, 1);
    if (isAnswered) event.preventDefault();
  };

  protected override render(): TemplateResult {
    const { row, col } = this.active;
    const { rows, cols } = this.pyramid.cells;
    return html`
      <div
        role="grid"
        tabindex="0"
        aria-label=${this.label}
        aria-rowcount=${rows + 1}
        aria-colcount=${cols + 1}
        aria-activedescendant=${cellId(this.active)}
      >
        <canvas part="canvas" aria-hidden="true" @transitionend=${this.draw}></canvas>
        ${activeCell({
          row,
          col,
          rowHeader: this.rowLabel(row) || `row ${row}`,
          colHeader: this.colLabel(col) || `column ${col}`,
          text: this.details?.describeCell(this.active) ?? '',
        })}
      </div>
      ${this.live.render()}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-buffer-map': FluoroBufferMap;
  }
  interface HTMLElementEventMap {
    'fluoro-block-hover': CustomEvent<Block | null>;
    'fluoro-block-view': CustomEvent<Block>;
  }
}
