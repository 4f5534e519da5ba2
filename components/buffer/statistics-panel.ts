import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Axis, Index, Statistics } from '../../src/index';
import { indexAt, statistics } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import { sizeAlong } from './axes';
import type { Asked, Buffer } from './read-buffer';
import { readWhole } from './read-whole';
import { cellIndex } from './slices';
import { statisticsView } from './statistics-view';
import { sourceOf } from './tensor-source';

type Whole = Awaited<ReturnType<typeof readWhole>>;

/** Statistics of the slice, or of the whole tensor once someone asks for them. */
export class StatisticsPanel {
  #whole: Whole | null = null;
  /** What the whole is of, while it is wanted. */
  #wanted: string | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly onGo: (index: Index) => void,
    private readonly onFailure: (error: Error) => void,
  ) {}

  draw(buffer: Buffer, active: Cell, asked: Asked): TemplateResult {
    const { layout, view, values } = buffer;
    const isWhole = Object.keys(view.fixed).every((axis) => sizeAlong(layout, axis as Axis) === 1);
    if (isWhole) this.#wanted = this.#whole = null;
    else if (this.#wanted !== null && this.#wanted !== keyOf(buffer)) void this.#read(buffer, asked);
    const whole = this.#whole;
    const toggle = () => {
      if (this.#wanted === null) void this.#read(buffer, asked);
      else this.#wanted = this.#whole = null;
      this.host.requestUpdate();
    };
    const go = (offset: number) =>
      this.onGo(cellIndex(layout, view, { row: Math.floor(offset / values.cols), col: offset % values.cols }));
    const goWhole = (offset: number) => this.onGo(indexAt(whole!.order, offset));
    return html`<div class="head"><div class="title">${whole ? 'The whole tensor' : isWhole ? 'Statistics' : 'This slice'}</div>
        ${
          isWhole
            ? nothing
            : html`<label><input type="checkbox" name="whole" .checked=${this.#wanted !== null} @change=${toggle} /> whole tensor</label>`
        }</div>
      <div class="muted" role="status">${this.#wanted !== null && !whole ? 'reading all of it…' : ''}</div>
      ${guard([buffer, whole, active.row], () =>
        whole
          ? statisticsView({ label: 'the whole tensor', statistics: whole.statistics, row: null, onGo: goWhole })
          : statisticsView({ label: 'this slice', statistics: statisticsOf(buffer), row: active.row, onGo: go }),
      )}`;
  }

  async #read(buffer: Buffer, asked: Asked): Promise<void> {
    const key = keyOf(buffer);
    this.#wanted = key;
    this.#whole = null;
    try {
      const whole = await readWhole(asked, buffer);
      if (this.#wanted !== key) return;
      this.#whole = whole;
    } catch (error) {
      if (this.#wanted !== key) return;
      this.#wanted = null;
      this.onFailure(error as Error);
    }
    this.host.requestUpdate();
  }
}

const known = new WeakMap<Buffer, Statistics>();

function statisticsOf(buffer: Buffer): Statistics {
  let of = known.get(buffer);
  const { values, cols, kinds } = buffer.values;
  if (!of) known.set(buffer, (of = statistics(values, { row: cols, kinds })));
  return of;
}

/** Another slice has the same whole. */
function keyOf({ name, comparison, view, origin }: Buffer): string {
  return JSON.stringify([name, comparison, view.cols, sourceOf(origin).id]);
}
