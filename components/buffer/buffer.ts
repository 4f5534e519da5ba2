import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Axis, Index, Tensor, Trace } from '../../src/index';
import { describeLayout } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { axisLabel, indexIn, parseIndex, sizeAlong, type TokenAt, viewOf } from './axes';
import type { Below } from './below';
import { bufferStyles } from './buffer-styles';
import { coloringOf, isRange, type Range, ranges } from './coloring';
import { type Comparison, isComparison, weightNames } from './comparisons';
import { axesAfter, controls } from './controls';
import type { Drawn } from './drawn';
import { type Buffer, layoutOf, type Origin, readBuffer } from './read-buffer';

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
  private version = 0;
  #origin: Origin | null = null;
  #drawn: Drawn | null = null;
  #active: Cell = { row: 0, col: 0 };
  readonly #later = this.later(() => import('./below'), false);
  #below: Below | null = null;

  static override styles = [theme, bufferStyles];

  /** Shows an element of a tensor: the slice that it lies in, with the map moved onto it. */
  show(tensor: string, index: Index = {}): void {
    this.index = { ...this.index, ...index };
    this.#take(tensor);
  }

  /** Reads again what is shown: in a debugging session a later step may have written it since. */
  refresh(): void {
    this.#origin = null;
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

  #originOf(trace: Trace): Origin {
    if (this.#origin?.trace !== trace || this.#origin.other !== this.other) {
      const { signal } = new AbortController(); // What was asked for serves the next slice too.
      this.#origin = { trace, other: this.other, ask: (question) => this.ask(question, signal) };
    }
    return this.#origin;
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
    return readBuffer(this.#originOf(trace), this.#asked(trace));
  }

  protected draw(buffer: Buffer): TemplateResult {
    const drawn = this.#draw(buffer);
    const { layout, name, pyramid, problem, comparison } = buffer;
    const active = this.#activeCell(buffer);
    const { module } = this.#later;
    if (module) this.#below ??= new module.Below(this, (tensor) => this.#select(tensor));
    const below = this.#below;
    return html`
      ${this.#controls(buffer)}
      <div class=${this.stale ? 'stale' : ''}>
        <div class="head">
          <div class="title"><span class="name">${name}</span> <span class="muted">${describeLayout(layout)}</span>
            ${below?.tags(buffer)}</div>
          <div class="zoom" role="group" aria-label="Zoom">
            ${[['−', 'Zoom out', 0.5] as const, ['+', 'Zoom in', 2] as const, ['Whole', '', 0] as const].map(
              ([text, label, factor]) =>
                html`<button aria-label=${label || nothing} @click=${() => this.#zoom(factor)}>${text}</button>`,
            )}
          </div>
        </div>
        ${
          problem || comparison !== 'none'
            ? html`<p part="comparison" class=${problem ? 'problem' : ''} role=${problem ? 'status' : nothing}>${problem ?? below?.comparison(buffer) ?? '…'}</p>`
            : nothing
        }
        <fluoro-buffer-map
          part="map"
          label=${below?.label(buffer) ?? name}
          .pyramid=${pyramid}
          .coloring=${drawn.coloring}
          .active=${active}
          .rowLabel=${drawn.rowLabel}
          .colLabel=${drawn.colLabel}
          .details=${below?.details(drawn) ?? null}
          @fluoro-cell-select=${below?.onSelect}
          @fluoro-block-hover=${below?.onHover}
          @fluoro-block-view=${below?.onView}
        ></fluoro-buffer-map>
        ${below?.draw(drawn, active, this.#asked(this.source!)) ?? html`<div class="room"></div>`}
      </div>
    `;
  }

  /** The map's hands may be on their way. */
  async #zoom(factor: number): Promise<void> {
    await this.settled();
    const map = this.renderRoot.querySelector('fluoro-buffer-map');
    await map?.updateComplete;
    map?.zoomBy(factor);
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
      possible: this.#below?.possible(buffer) ?? [],
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

  /** What is worked out once for what is shown, and not again for a pointer that moves. */
  #draw(buffer: Buffer): Drawn {
    const { bits } = this;
    const share = isRange(this.range) ? ranges[this.range] : 1;
    const key = [buffer, bits, share];
    if (this.#drawn?.key.every((one, i) => one === key[i])) return this.#drawn;
    const { values, view, comparison } = buffer;
    const coloring = coloringOf(values, comparison !== 'none', share);
    const tokenAt = this.#tokenAt(buffer);
    const [rowLabel, colLabel] = [axisLabel(view.rows, tokenAt), axisLabel(view.cols, tokenAt)];
    return (this.#drawn = { key, buffer, bits, coloring, tokenAt, rowLabel, colLabel });
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

  #select(tensor: string): void {
    if (this.selection.tensor !== tensor) this.select({ tensor });
  }
}

function isHeld({ names, program: { tensors } }: Trace, tensor: string): boolean {
  const isIt = ([name, { role, part }]: [string, Tensor]) => role === 'weight' && (part?.of ?? name) === tensor;
  return names.includes(tensor) || Object.entries(tensors).some(isIt);
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
