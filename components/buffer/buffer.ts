import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Axis, Index, Trace } from '../../src/index';
import { describeLayout } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import { nextPaint } from '../shared/next-paint';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { axesAfter, cellIndex, indexIn, parseIndex, sizeAlong, viewOf } from './axes';
import type { Below } from './below';
import type { FluoroBufferMap } from './buffer-map';
import { bufferStyles } from './buffer-styles';
import { isRange, type Range } from './coloring';
import { controls } from './controls';
import { type Drawn, drawnFrom } from './drawn';
import { legendView } from './legend-view';
import type { Block } from './map-drawing';
import { type Buffer, layoutOf, readBuffer } from './read-buffer';
import { type Comparison, isComparison, possibleComparisons, TensorSource, weightNames } from './tensor-source';
import { describeBits, describeView, type TokenAt } from './words';

/**
 * Any tensor of a pass, or any weight: one slice of it as a heatmap that is moved and zoomed down to its numbers and bits,
 * with statistics, a histogram, the difference from another trace, from float64 or from itself before an edit, and ways to
 * take the values along. Weights and float64 take the model.
 *
 * @event {ScalarEvent} fluoro-scalar - An element was chosen: `{ tensor, index }`.
 * @event {SelectEvent} fluoro-select - The tensor, for the other components: `{ tensor }`.
 * @csspart controls - The choice of tensor, axes, comparison and colours.
 * @csspart sliders - Where the other axes are cut.
 * @csspart map - The heatmap, with a canvas inside.
 * @csspart legend - The colours.
 * @csspart readout - The active element in words.
 * @csspart pointed - What the pointer is over, in words.
 * @csspart comparison - What a comparison comes to, or why there is none.
 * @csspart statistics - The statistics.
 * @csspart histogram - The histogram.
 * @csspart actions - Copying and saving.
 * @csspart table - The values in sight as a table.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-buffer-height=28rem] - The map's height, at most.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is active or pointed at, the histogram.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the map use its dark colours.
 */
export class FluoroBuffer extends TraceElement<Buffer> {
  static override properties: PropertyDeclarations = {
    tensor: {},
    rows: {},
    cols: {},
    index: { converter: (text) => parseIndex(text ?? '') },
    compare: {},
    range: {},
    bits: { type: Boolean, reflect: true },
    other: { attribute: false },
    log: { type: Boolean },
    pointed: { state: true },
    version: { state: true },
  };

  /** The tensor or weight; the one that is selected elsewhere unless given, else the pass's output. */
  tensor: string | null = null;
  /** The axis that runs down; `none` for one row. */
  rows: string | null = null;
  /** The axis that runs across. */
  cols: string | null = null;
  /** The active element, an index for each axis; 0 where none is given. As an attribute `head 3, pos -1`. */
  index: Index = {};
  /** none, other, float64 or before. */
  compare: Comparison | null = null;
  /** Beyond which share of the magnitudes colours stay the same: full, 99.9% or 99%. */
  range: Range | null = null;
  /** Shows bit patterns. */
  bits = false;
  /** Counts of the histogram as logarithms. */
  log = false;
  /** The trace to compare with, for `compare="other"`. */
  other: Trace | null = null;
  private pointed: Block | null = null;
  private version = 0;
  #source: TensorSource | null = null;
  #drawn: Drawn | null = null;
  #active: Cell = { row: 0, col: 0 };
  #sight: Block | null = null;
  readonly #later = this.later(() => nextPaint().then(() => import('./below')));
  #below: Below | null = null;

  static override styles = [theme, bufferStyles];

  /** Shows an element of a tensor: the slice that it lies in, with the map moved onto it. */
  show(tensor: string, index: Index = {}): void {
    this.index = { ...this.index, ...index };
    this.#take(tensor);
  }

  /** Reads again what is shown: in a debugging session a later step may have written it since. */
  refresh(): void {
    this.#source = null;
    this.version++;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('other')) this.version++;
    super.willUpdate(changed);
  }

  #asked(trace: Trace) {
    const { rows, cols, index, compare } = this;
    return {
      tensor: this.#name(trace),
      rows,
      cols,
      index,
      comparison: isComparison(compare) ? compare : 'none',
    } as const;
  }

  /** What is selected elsewhere may be of an earlier pass: then it is the output. */
  #name(trace: Trace): string {
    const { tensor } = this.selection;
    return this.tensor ?? (tensor !== null && isHeld(trace, tensor) ? tensor : trace.program.output);
  }

  override needs(trace: Trace): readonly string[] {
    const name = this.#name(trace);
    return trace.names.includes(name) ? [name] : [];
  }

  #take(tensor: string): void {
    if (this.tensor !== null || (this.source && !isHeld(this.source, tensor))) this.tensor = tensor;
    this.select({ tensor });
  }

  #sourceOf(trace: Trace): TensorSource {
    if (this.#source?.trace !== trace || this.#source.other !== this.other) {
      const { signal } = new AbortController(); // What was asked for serves the next slice too.
      this.#source = new TensorSource(trace, this.other, (question) => this.ask(question, signal));
    }
    return this.#source;
  }

  protected override readKey(): string {
    const trace = this.source!;
    const asked = this.#asked(trace);
    const { tensor, comparison } = asked;
    try {
      return JSON.stringify([tensor, comparison, viewOf(layoutOf(trace, tensor), asked), this.version]);
    } catch {
      return JSON.stringify([tensor, comparison, this.version]); // Reading it says what is wrong.
    }
  }

  protected async read(trace: Trace): Promise<Buffer> {
    this.#below?.forget();
    return readBuffer(this.#sourceOf(trace), this.#asked(trace));
  }

  protected draw(buffer: Buffer): TemplateResult {
    const drawn = this.#draw(buffer);
    const { layout, view, name, values } = buffer;
    const active = this.#activeCell(buffer);
    const i = active.row * values.cols + active.col;
    return html`
      ${this.#controls(buffer)}
      <div class=${this.stale ? 'stale' : ''}>
        <div class="head">
          <div class="title"><span class="name">${name}</span> <span class="muted">${describeLayout(layout)}</span>
            ${this.#tags(buffer)}</div>
          <div class="zoom" role="group" aria-label="Zoom">
            <button aria-label="Zoom out" @click=${() => this.#map?.zoomBy(0.5)}>−</button>
            <button aria-label="Zoom in" @click=${() => this.#map?.zoomBy(2)}>+</button>
            <button @click=${() => this.#map?.zoomToFit()}>Whole</button>
          </div>
        </div>
        ${this.#comparison(buffer)}
        <fluoro-buffer-map
          part="map"
          label=${`${name}: ${describeView(view, layout)}`}
          .pyramid=${buffer.pyramid}
          .coloring=${drawn.coloring}
          .active=${active}
          .rowLabel=${drawn.rowLabel}
          .colLabel=${drawn.colLabel}
          .cellText=${drawn.cellText}
          .describeCell=${drawn.describe}
          @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => this.#choose(name, cellIndex(layout, view, detail))}
          @fluoro-block-hover=${({ detail }: CustomEvent<Block | null>) => (this.pointed = detail)}
          @fluoro-block-view=${({ detail }: CustomEvent<Block>) => this.#see(detail)}
        ></fluoro-buffer-map>
        <div class="foot">
          <span class="muted hint">Drag to move; Ctrl and the wheel, or + and −, to zoom. In the map ${describeView(view, layout)}.</span>
          ${guard([drawn], () => legendView(drawn.coloring, values.kinds))}
        </div>
        <output part="readout">${drawn.describe(active)}${this.bits ? nothing : html` <span class="muted">${describeBits(values, i)}</span>`}</output>
        <p class="muted pointed" part="pointed">${this.#pointedWords(drawn)}</p>
        ${this.#drawBelow(drawn, active)}
      </div>
    `;
  }

  protected override get followsHover(): boolean {
    return false;
  }

  /** It has ways of its own to take a slice of any size along, and a table of what is in sight. */
  protected override get offersActions(): boolean {
    return false;
  }

  #controls(buffer: Buffer): TemplateResult {
    const trace = this.source!;
    const wanted = this.#asked(trace);
    const size = (axis: Axis) => sizeAlong(buffer.layout, axis);
    return controls({
      buffer,
      tensors: trace.names,
      weights: this.run?.ask && !this.trace ? weightNames(trace) : [],
      comparison: wanted.comparison,
      possible: possibleComparisons(trace, buffer.name, this.other),
      range: isRange(this.range) ? this.range : 'full',
      bits: this.bits,
      stale: this.stale,
      at: (axis) => indexIn(this.index[axis], size(axis)),
      onTensor: (name) => this.#take(name),
      onAxes: (change) => Object.assign(this, axesAfter(buffer.view, this, change)),
      onIndex: (axis, i) => (this.index = { ...this.index, [axis]: i }),
      onComparison: (comparison) => (this.compare = comparison),
      onRange: (range) => (this.range = range),
      onBits: (bits) => (this.bits = bits),
    });
  }

  #tags({ derived, comparison }: Buffer): TemplateResult | typeof nothing {
    if (comparison !== 'none')
      return html`<span class="tag" title="Worked out from two values">difference, derived</span>`;
    if (!derived) return nothing;
    return html`<span class="tag" title="The pass itself never held it: it is computed from values that it held">derived</span>`;
  }

  #comparison(buffer: Buffer): TemplateResult | typeof nothing {
    if (buffer.problem) return html`<p part="comparison" class="problem" role="status">${buffer.problem}</p>`;
    if (buffer.comparison === 'none') return nothing;
    return html`<p part="comparison">${guard([buffer, this.#later.isHere], () => this.#later.module?.describeComparison(buffer))}</p>`;
  }

  /** Its room is kept until it comes. */
  #drawBelow(drawn: Drawn, active: Cell): TemplateResult {
    const { module } = this.#later;
    if (!module) return html`<div class="room"></div>`;
    this.#below ??= new module.Below(this, (index) => this.#choose(this.data!.name, index));
    return this.#below.draw({
      drawn,
      active,
      source: this.#sourceOf(this.source!),
      asked: this.#asked(this.source!),
      log: this.log,
      sight: this.#sight,
      onLog: (log) => (this.log = log),
    });
  }

  get #map(): FluoroBufferMap | null {
    return this.renderRoot.querySelector('fluoro-buffer-map');
  }

  #draw(buffer: Buffer): Drawn {
    const range: Range = isRange(this.range) ? this.range : 'full';
    const kept = this.#drawn;
    if (kept?.buffer === buffer && kept.range === range && kept.bits === this.bits) return kept;
    return (this.#drawn = drawnFrom(buffer, range, this.bits, this.#tokenAt(buffer)));
  }

  /** Tokens stand at positions, and are the vocabulary. */
  #tokenAt({ layout, view, weight }: Buffer): TokenAt {
    const trace = this.source!;
    const labels = trace.labels[view.fixed.batch ?? 0]!;
    const texts = this.run?.tokenText ?? null;
    return (axis, i) => {
      if (axis === 'vocab') return texts ? visibleToken(texts(i)) : null;
      const positions = !weight && (axis === 'pos' || axis === 'query' || axis === 'key');
      return positions && sizeAlong(layout, axis) === labels.length ? visibleToken(labels[i]!) : null;
    };
  }

  /** The same object while it is the same cell, so that nothing is drawn again. */
  #activeCell({ view, values }: Buffer): Cell {
    const row = view.rows ? indexIn(this.index[view.rows], values.rows) : 0;
    const col = view.cols ? indexIn(this.index[view.cols], values.cols) : 0;
    if (row !== this.#active.row || col !== this.#active.col) this.#active = { row, col };
    return this.#active;
  }

  #choose(tensor: string, index: Index): void {
    this.index = { ...this.index, ...index };
    if (this.selection.tensor !== tensor) this.select({ tensor });
    this.dispatchEvent(new CustomEvent('fluoro-scalar', { detail: { tensor, index }, bubbles: true, composed: true }));
  }

  #pointedWords({ buffer, tokenAt }: Drawn): string {
    const { rows, cols } = buffer.values;
    const { pointed } = this;
    const isThere = pointed && pointed.rows[1] <= rows && pointed.cols[1] <= cols; // It may be of the last tensor.
    return (isThere && this.#later.module?.describeBlock(buffer, pointed, tokenAt)) || '';
  }

  #see(sight: Block): void {
    this.#sight = sight;
    if (this.#below?.tableOpen) this.requestUpdate();
  }
}

function isHeld(trace: Trace, tensor: string): boolean {
  return trace.names.includes(tensor) || weightNames(trace).includes(tensor);
}

export type ScalarEvent = CustomEvent<{ readonly tensor: string; readonly index: Index }>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-buffer': FluoroBuffer;
  }
  interface HTMLElementEventMap {
    'fluoro-scalar': ScalarEvent;
  }
}
