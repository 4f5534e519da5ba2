import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { heldAs } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import type { EditPlace } from '../shared/edit-actions';
import type { FigureTable } from '../shared/figure-table';
import { nextPaint } from '../shared/next-paint';
import { within } from '../shared/selection';
import { formatShort, visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { ledger, ledgerStyles } from './ledger';
import { cellHeight, type Measure, measureOf } from './measures';
import { placesOf } from './places';
import { type PlaceMeasures, type Residual, readResidual } from './read-residual';
import { residualStyles } from './residual-styles';
import { trajectory, trajectoryStyles } from './trajectory';

const DERIVED =
  'Not held by the pass: lengths and angles are worked out here, in float64, from the vectors that it held';

/**
 * The residual stream through the layers: for the selected token as a path that every write moves, in length and in its
 * angle with the final stream, and as a list; for all tokens as a map. It is read from the trace alone.
 *
 * @event {SelectEvent} fluoro-select - A place was chosen: `{ tensor, pos, query, key: null }`, with `layer` where it has
 *   one.
 * @event {HoverEvent} fluoro-hover - The pointer is over a position, `{ pos }`, or has left (`{}`).
 * @csspart figure - The path and the map.
 * @csspart trajectory - The path, an `<svg>`.
 * @csspart legend - What its lines mean.
 * @csspart ledger - The list of streams and writes.
 * @csspart place - One of them.
 * @csspart readout - The selected place in words.
 * @csspart edit-actions - Silences, freezes or scales the selected write, a `<fluoro-edit-actions>` with parts of its own.
 * @csspart measure - The choice of what the map shows.
 * @csspart map - The map, with a canvas inside.
 * @csspart notes - What the trace does not hold.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is selected or pointed at.
 * @cssproperty [--fluoro-text=#1b2024] - Text and streams. A light one makes the map use its dark colours.
 */
export class FluoroResidual extends TraceElement<Residual | null> {
  static override properties: PropertyDeclarations = { measure: {}, width: { state: true } };

  /** What the map shows: length, along, cosine or turn. */
  measure: Measure | null = null;
  /** Of the path's drawing, in CSS pixels. */
  private width = 0;
  /** A place that the tensor alone does not name: an edit of a stream. */
  #chosen: { readonly key: string; readonly tensor: string } | null = null;
  #cell: Cell | null = null;
  readonly #below = this.later(() => nextPaint().then(() => import('./below')));
  readonly #resized = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry!.contentRect.width);
    if (width > 0) requestAnimationFrame(() => (this.width = width));
  });
  #observed: Element | null = null;

  static override styles = [theme, residualStyles, trajectoryStyles, ledgerStyles];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#observed = null;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const box = this.renderRoot.querySelector('.path');
    if (box === this.#observed) return;
    this.#resized.disconnect();
    if (box) this.#resized.observe(box);
    this.#observed = box;
  }

  /** The stream itself; the writes are as much again, and are said to be missing. */
  override needs({ names, program }: Trace): readonly string[] {
    const streams = placesOf(program).filter(({ kind }) => kind === 'stream');
    return streams.map(({ tensor }) => tensor).filter((name) => names.includes(name));
  }

  protected read(trace: Trace): Promise<Residual | null> {
    return readResidual(trace);
  }

  protected override content(): TemplateResult {
    if (!this.source || !this.#empty) return super.content();
    return this.notice('This trace holds no residual stream (blocks.L.hook_resid_pre, _mid, _post).');
  }

  get #empty(): boolean {
    const trace = this.source!;
    return !placesOf(trace.program).some(({ kind, tensor }) => kind === 'stream' && heldAs(trace, tensor));
  }

  protected draw(data: Residual): TemplateResult {
    const { labels, places, final, complete, missing } = data;
    const pos = within(this.selection.pos, labels.length);
    const place = this.#selected(data);
    const onChoose = (one: PlaceMeasures) => this.#choose(one, pos);
    const shown = { data, pos, selected: place.key, onChoose };
    return html`
      <div class="head">
        <div class="title">The residual stream of <b>${visibleToken(labels[pos]!)}</b> <span class="muted">(pos ${pos})</span></div>
        <span class="tag" title=${DERIVED}>derived</span>
      </div>
      ${this.#notes(final, complete, missing)}
      <div class="columns">
        <div class="path">
          ${trajectory({ ...shown, width: this.width || 480 })}
          <div part="legend">
            <div class="keys">${keysOf(places)}</div>
            <p class="muted">From the centre outwards: the stream's length, on a logarithmic scale. The angle is its own with the final stream.</p>
          </div>
        </div>
        <div class="list">
          <div class="columns-of" aria-hidden="true"><span></span><span>along</span><span>length</span><span>cosine</span></div>
          ${ledger(shown)}
          <p class="muted below">Bars: how much lies along the final stream. Thin lines: the whole length.</p>
        </div>
      </div>
      <output part="readout">${this.#readout(place, pos)}</output>
      <fluoro-edit-actions part="edit-actions" .own=${this.trace !== null} .place=${writePlace(place, pos, labels)}></fluoro-edit-actions>
      ${this.#map(data, place, pos)}
    `;
  }

  #notes({ label }: PlaceMeasures, complete: boolean, missing: readonly string[]): TemplateResult | typeof nothing {
    if (missing.length === 0) return nothing;
    const end = complete ? '' : ` The last stream that it holds, ${label}, stands for the final one.`;
    return html`<p part="notes" class="muted">Not in this trace: ${missing.slice(0, 4).join(', ')}${
      missing.length > 4 ? ` and ${missing.length - 4} more` : ''
    }.${end}</p>`;
  }

  #readout(place: PlaceMeasures, pos: number): TemplateResult {
    const { kind, tensor, minus, length, along, cosine, turn } = place;
    const number = (value: number) => html`<strong>${formatShort(value)}</strong>`;
    const angle = turn?.[pos] ?? Number.NaN;
    return html`${place.label} ${kind === 'stream' ? 'is' : 'writes'} ${number(length[pos]!)} long${
      Number.isNaN(cosine[pos]!)
        ? nothing
        : html`, ${number(along[pos]!)} of it along the final stream (cosine ${number(cosine[pos]!)})`
    }${Number.isNaN(angle) ? nothing : html`; it turns the stream by <strong>${angle.toFixed(1)}°</strong>`}
      <div class="muted"><span class="name">${minus ? `${tensor} − ${minus}` : tensor}</span></div>`;
  }

  /** Its room is kept until it comes. */
  #map(data: Residual, place: PlaceMeasures, pos: number): TemplateResult {
    const below = this.#below.module;
    if (!below) return html`<div .style=${`height: ${data.places.length * (cellHeight(data) + 1) + 80}px`}></div>`;
    return below.mapView({
      ...{ data, place, pos, measure: measureOf(this.measure), cell: this.#cell },
      over: this.hover.pos ?? this.hover.query ?? null,
      onMeasure: (measure) => (this.measure = measure),
      onChoose: (one, at) => this.#choose(one, at),
      onPoint: (cell) => this.#pointAt(cell),
    });
  }

  protected override table(data: Residual | null): FigureTable | null {
    const below = this.#below.module;
    if (!data || !below) return null;
    return below.residualTable(data, within(this.selection.pos, data.labels.length), measureOf(this.measure));
  }

  /** The place of the tensor that is selected anywhere, or else the final stream. */
  #selected({ places, final, aliases }: Residual): PlaceMeasures {
    const { tensor } = this.selection;
    const chosen = this.#chosen?.tensor === tensor ? this.#chosen?.key : null;
    const own = tensor === null ? null : (aliases[tensor] ?? tensor);
    return places.find(({ key }) => key === (chosen ?? own)) ?? final;
  }

  #choose({ key, tensor, layer }: PlaceMeasures, pos: number): void {
    this.#chosen = { key, tensor };
    this.select({ tensor, ...(layer === null ? {} : { layer }), pos, query: pos, key: null });
    this.requestUpdate();
  }

  #pointAt(cell: Cell | null): void {
    this.#cell = cell;
    this.requestUpdate();
    this.point(cell ? { pos: cell.col } : {});
  }
}

/** A write, to be edited; a stream is the sum of all before it, and an edit of it is taken back where it was made. */
function writePlace(place: PlaceMeasures, pos: number, labels: readonly string[]): EditPlace | null {
  const { kind, label, tensor } = place;
  if (kind === 'stream' || kind === 'edit') return null;
  const ops =
    kind === 'attention' || kind === 'mlp' ? (['zero', 'freeze', 'scale'] as const) : (['zero', 'scale'] as const);
  return { what: label, tensor, slice: {}, ops, pos, token: labels[pos]! };
}

const KINDS = { embed: 'token', position: 'position', attention: 'attention', mlp: 'MLP', edit: 'edit' } as const;

function keysOf(places: readonly PlaceMeasures[]): TemplateResult[] {
  const kinds = Object.entries(KINDS).filter(([kind]) => places.some((place) => place.kind === kind));
  return kinds.map(([kind, name]) => html`<span class=${kind}><i aria-hidden="true"></i>${name}</span>`);
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-residual': FluoroResidual;
  }
}
