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
import { Gestures } from './gestures';
import { type Block, MapDrawing } from './map-drawing';
import type { Coloring } from './paint-cells';
import { drawnCell, Pyramid } from './pyramid';
import { cellSize, type Extent, type Place, panned, revealed, type Viewport, whole, zoomed } from './viewport';

const KEY_ZOOM = 1.5;
const nothing = new Pyramid({ rows: 0, cols: 0, values: new Float32Array(), kinds: new Uint8Array() });

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
    cellText: { attribute: false },
    describeCell: { attribute: false },
  };

  /** Names the grid. */
  label = '';
  pyramid: Pyramid = nothing;
  coloring: Coloring = { scale: sequential, min: 0, max: 1 };
  /** The cell that the keyboard is on. */
  active: Cell = { row: 0, col: 0 };
  rowLabel: (row: number) => string = String;
  colLabel: (col: number) => string = String;
  /** What is written into a cell, by its offset. */
  cellText: (i: number) => string = String;
  describeCell: (cell: Cell) => string = () => '';
  readonly #drawing = new MapDrawing();
  readonly #printing = new Printing(this);
  readonly #live = new LiveRegion(this);
  /** Whether a key asked for the cell that becomes active next. */
  #byKey = false;
  #pointed: Block | null = null;
  #frame = 0;
  #sight = '';
  readonly #resized = new ResizeObserver(() => this.#schedule());
  readonly #gestures = new Gestures(this, {
    surface: () => this.canvas,
    focused: () => this.shadowRoot?.activeElement !== null,
    onPan: (dx, dy) => this.#move(panned(this.view, this.extent, dx, dy)),
    onZoom: (factor, at) => this.zoomBy(factor, this.#drawing.inPlot(at)),
    onClick: (at) => this.#onClick(at),
    onHover: (at) => this.#onHover(at),
  });

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

  /** Where the map is. */
  get view(): Viewport {
    return this.#drawing.view;
  }

  /** The matrix in cells and the plot in pixels. */
  get extent(): Extent {
    return this.#drawing.extent;
  }

  /** A cell's rectangle on the canvas, in CSS pixels. */
  cellRect(cell: Cell): DOMRect {
    return this.#drawing.cellRect(cell);
  }

  /** Zooms about a place in the plot, else about the middle of the cells in it. */
  zoomBy(factor: number, at?: Place): void {
    const { rows, cols, width, height } = this.extent;
    const cell = cellSize(this.extent, this.view);
    const middle = { x: Math.min(width, cols * cell.width) / 2, y: Math.min(height, rows * cell.height) / 2 };
    this.#move(zoomed(this.view, this.extent, factor, at ?? middle));
  }

  zoomToFit(): void {
    this.#move(whole);
  }

  /** Brings a cell into sight. */
  reveal(cell: Cell): void {
    this.#move(revealed(this.view, this.extent, cell));
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
    const before = changed.get('pyramid') as Pyramid | undefined;
    const { rows, cols } = this.pyramid.cells;
    if (before && (before.cells.rows !== rows || before.cells.cols !== cols)) {
      this.#drawing.view = whole;
      this.#pointed = null;
    }
    this.draw();
    if (this.#byKey && changed.has('active')) {
      this.#byKey = false;
      this.#live.say(this.describeCell(this.active));
    }
    if (changed.has('active') && !this.#pointed) this.reveal(this.active); // Nothing moves away from under the pointer.
  }

  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  #move(view: Viewport): void {
    const { x, y, zoom } = this.view;
    if (view.x === x && view.y === y && view.zoom === zoom) return;
    this.#drawing.view = view;
    this.#schedule();
  }

  /** Draws what is in sight, now. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { canvas, clientWidth } = this;
    if (!canvas || clientWidth === 0) return;
    const most = Number.parseFloat(getComputedStyle(canvas.parentElement!).maxHeight);
    const palette = paletteOf(canvas, this.#printing.active);
    this.#drawing.draw(canvas, clientWidth, most, palette, {
      pyramid: this.pyramid,
      coloring: this.coloring,
      active: this.active,
      pointed: this.#pointed,
      labels: { row: this.rowLabel, col: this.colLabel, text: this.cellText },
    });
    const { sight } = this.#drawing;
    const key = keyOf(sight);
    if (key === this.#sight) return;
    this.#sight = key;
    this.#send('fluoro-block-view', sight);
  }

  #onHover(at: Place | null): void {
    const block = at && this.#drawing.blockAt(at);
    if (keyOf(block) === keyOf(this.#pointed)) return;
    this.#pointed = block;
    this.#send('fluoro-block-hover', block);
    this.#schedule();
  }

  #onClick(at: Place): void {
    const block = this.#drawing.blockAt(at);
    if (block) this.#send('fluoro-cell-select', drawnCell(this.pyramid.cells, block.rows, block.cols));
  }

  #onKey(event: KeyboardEvent): void {
    const { rows, cols } = this.pyramid.cells;
    const zoom = { '+': KEY_ZOOM, '=': KEY_ZOOM, '-': 1 / KEY_ZOOM, '0': 0 }[event.key];
    if (zoom !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      if (zoom === 0) this.zoomToFit();
      else this.#zoomOnActive(zoom);
      return;
    }
    const here = event.key === 'Enter' || event.key === ' ' ? this.active : null;
    const target = here ?? cellByKey(event, this.active, rows, cols);
    if (!target) return;
    event.preventDefault();
    if (target.row < 0 || target.row >= rows || target.col < 0 || target.col >= cols) return;
    this.#byKey = target !== here;
    this.#send('fluoro-cell-select', target);
    this.reveal(target);
  }

  #zoomOnActive(factor: number): void {
    const { x, y, width, height } = this.cellRect(this.active);
    const within = (at: number, most: number) => Math.max(0, Math.min(most, at));
    const at = this.#drawing.inPlot({ x: x + width / 2, y: y + height / 2 });
    this.zoomBy(factor, { x: within(at.x, this.extent.width), y: within(at.y, this.extent.height) });
    this.reveal(this.active);
  }

  #send<Detail>(type: string, detail: Detail): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

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
        @keydown=${this.#onKey}
      >
        <canvas
          part="canvas"
          aria-hidden="true"
          @pointerdown=${this.#gestures.onDown}
          @pointermove=${this.#gestures.onMove}
          @pointerleave=${this.#gestures.onLeave}
          @wheel=${{ handleEvent: this.#gestures.onWheel, passive: false }}
          @transitionend=${() => this.draw()}
        ></canvas>
        ${activeCell({
          row,
          col,
          rowHeader: this.rowLabel(row) || `row ${row}`,
          colHeader: this.colLabel(col) || `column ${col}`,
          text: this.describeCell(this.active),
        })}
      </div>
      ${this.#live.render()}
    `;
  }
}

function keyOf(block: Block | null): string {
  return block ? `${block.rows} ${block.cols}` : '';
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
