/** What the map's first picture does without: hatches, numbers and indices, keys, and moves. */
import type { PropertyValues } from 'lit';
import type { Cell, Palette } from '../shared/canvas-grid';
import { cellByKey } from '../shared/grid-keys';
import type { Block, FluoroBufferMap } from './buffer-map';
import { TOP } from './buffer-map';
import { drawnCell } from './drawn-kind';
import { Gestures } from './gestures';
import { cellAt, inSight, movable, panned, revealed, zoomed } from './moves';
import { type Blocks, levelFor } from './paint-cells';
import { paintHatches } from './paint-hatches';
import { outline, paintIndices, paintNumbers } from './paint-labels';
import type { Pyramid } from './pyramid';
import { cellSize, type Place, type Viewport, whole } from './viewport';

const KEY_ZOOM = 1.5;

export class MapHands {
  readonly #gestures: Gestures;
  readonly #answers: Readonly<Record<string, (event: never) => void>>;
  /** Whether a key asked for the cell that becomes active next. */
  #byKey = false;
  #pointed: Block | null = null;
  #sight = '';

  constructor(private readonly map: FluoroBufferMap) {
    this.#gestures = new Gestures(map, {
      surface: () => map.canvas,
      focused: () => map.shadowRoot?.activeElement !== null,
      onPan: (dx, dy) => this.#move(panned(map.view, map.extent, dx, dy)),
      onZoom: (factor, at) => this.zoomBy(factor, this.#inPlot(at)),
      onClick: (at) => this.#onClick(at),
      onHover: (at) => this.#onHover(at),
    });
    const { onDown, onMove, onLeave, onUp, onCancel, onWheel } = this.#gestures;
    this.#answers = {
      keydown: (event: KeyboardEvent) => this.#onKey(event),
      wheel: onWheel,
      pointerdown: onDown,
      pointermove: onMove,
      pointerleave: onLeave,
      pointerup: onUp,
      pointercancel: onCancel,
    };
  }

  /** Answers what the reader does. */
  act(event: Event): void {
    this.#answers[event.type]!(event as never);
  }

  willDraw(changed: PropertyValues): void {
    const before = changed.get('pyramid') as Pyramid | undefined;
    const { rows, cols } = this.map.pyramid.cells;
    if (!before || (before.cells.rows === rows && before.cells.cols === cols)) return;
    this.map.view = whole;
    this.#pointed = null;
  }

  hasDrawn(changed: PropertyValues): void {
    const { active, details, live } = this.map;
    if (!changed.has('active')) return;
    if (this.#byKey) live.say(details!.describeCell(active));
    this.#byKey = false;
    if (!this.#pointed) this.#reveal(active); // Nothing moves away from under the pointer.
  }

  /** Over the painted cells. */
  hatch(blocks: Blocks, pixels: Uint32Array, { dark }: Palette): void {
    paintHatches(blocks, pixels, dark);
  }

  /** On and around the cells. */
  write(context: CanvasRenderingContext2D, palette: Palette): void {
    const { map } = this;
    const { extent, view, left, active } = map;
    context.save();
    context.beginPath();
    context.rect(left, TOP, extent.width, extent.height);
    context.clip();
    paintNumbers(context, map, palette);
    context.restore();
    paintIndices(context, map, palette);
    if (this.#pointed) outline(context, map, this.#pointed, palette.accent, 1);
    const { row, col } = active;
    outline(context, map, { rows: [row, row + 1], cols: [col, col + 1] }, palette.accent, 2);
    map.canvas!.classList.toggle('movable', movable(view, extent));
    const sight = inSight(view, extent);
    const key = keyOf(sight);
    if (key === this.#sight) return;
    this.#sight = key;
    this.#send('fluoro-block-view', sight);
  }

  /** @param at in the plot */
  zoomBy(factor: number, at?: Place): void {
    const { view, extent } = this.map;
    if (factor === 0) {
      this.#move(whole);
      return;
    }
    const { rows, cols, width, height } = extent;
    const cell = cellSize(extent, view);
    const middle = { x: Math.min(width, cols * cell.width) / 2, y: Math.min(height, rows * cell.height) / 2 };
    this.#move(zoomed(view, extent, factor, at ?? middle));
  }

  /** Brings a cell into sight. */
  #reveal(cell: Cell): void {
    this.#move(revealed(this.map.view, this.map.extent, cell));
  }

  #move(view: Viewport): void {
    const { x, y, zoom } = this.map.view;
    if (view.x === x && view.y === y && view.zoom === zoom) return;
    this.map.view = view;
    this.map.schedule();
  }

  /** A place on the canvas as one in the plot. */
  #inPlot({ x, y }: Place): Place {
    return { x: x - this.map.left, y: y - TOP };
  }

  /** The cells that are drawn as one block at a place on the canvas. */
  #blockAt(at: Place): Block | null {
    const { view, extent } = this.map;
    const cell = cellAt(view, extent, this.#inPlot(at));
    if (!cell) return null;
    const { width, height } = cellSize(extent, view);
    const along = (i: number, pixels: number, count: number) => {
      const side = 2 ** levelFor(pixels * devicePixelRatio);
      const from = Math.floor(i / side) * side;
      return [from, Math.min(count, from + side)] as const;
    };
    return { rows: along(cell.row, height, extent.rows), cols: along(cell.col, width, extent.cols) };
  }

  #onHover(at: Place | null): void {
    const block = at && this.#blockAt(at);
    if (keyOf(block) === keyOf(this.#pointed)) return;
    this.#pointed = block;
    this.#send('fluoro-block-hover', block);
    this.map.schedule();
  }

  #onClick(at: Place): void {
    const block = this.#blockAt(at);
    if (block) this.#send('fluoro-cell-select', drawnCell(this.map.pyramid.cells, block.rows, block.cols));
  }

  #onKey(event: KeyboardEvent): void {
    const { active, pyramid } = this.map;
    const { rows, cols } = pyramid.cells;
    const zoom = { '+': KEY_ZOOM, '=': KEY_ZOOM, '-': 1 / KEY_ZOOM, '0': 0 }[event.key];
    if (zoom !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      if (zoom === 0) this.zoomBy(0);
      else this.#zoomOnActive(zoom);
      return;
    }
    const here = event.key === 'Enter' || event.key === ' ' ? active : null;
    const target = here ?? cellByKey(event, active, rows, cols);
    if (!target) return;
    event.preventDefault();
    if (target.row < 0 || target.row >= rows || target.col < 0 || target.col >= cols) return;
    this.#byKey = target !== here;
    this.#send('fluoro-cell-select', target);
    this.#reveal(target);
  }

  #zoomOnActive(factor: number): void {
    const { map } = this;
    const { x, y, width, height } = map.cellRect(map.active);
    const within = (at: number, most: number) => Math.max(0, Math.min(most, at));
    const at = this.#inPlot({ x: x + width / 2, y: y + height / 2 });
    this.zoomBy(factor, { x: within(at.x, map.extent.width), y: within(at.y, map.extent.height) });
    this.#reveal(map.active);
  }

  #send<Detail>(type: string, detail: Detail): void {
    this.map.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function keyOf(block: Block | null): string {
  return block ? `${block.rows} ${block.cols}` : '';
}
