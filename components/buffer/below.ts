/** What the first picture does without: what stands around the map, what is written on it and what one can do. */
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Index } from '../../src/index';
import { valueHistogram } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import { Actions } from './actions';
import { describeBlock, describeComparison } from './block-words';
import type { FluoroBuffer } from './buffer';
import type { Block, MapDetails } from './buffer-map';
import type { Comparison } from './comparisons';
import type { Drawn } from './drawn';
import { histogramView } from './histogram-view';
import { legendView } from './legend-view';
import { MapHands } from './map-hands';
import { hexOf, shortText } from './number-text';
import type { Asked, Buffer } from './read-buffer';
import { cellIndex } from './slices';
import { StatisticsPanel } from './statistics-panel';
import { possibleComparisons } from './tensor-source';
import { valueTable } from './value-table';
import { describeBits, describeCell, describeView } from './words';

export { belowStyles as styles } from './below-styles';
export { readValues } from './read-values';

/** Two of a buffer are never shown at once. */
interface Details extends MapDetails {
  readonly drawn: Drawn;
}

export class Below {
  readonly #actions: Actions;
  readonly #statistics: StatisticsPanel;
  #details: Details | null = null;
  /** What the pointer is over; it may be of the last tensor. */
  #pointed: Block | null = null;
  /** What the map has in sight; null for all. */
  #sight: Block | null = null;

  /** @param choose shares the tensor of which an element was chosen */
  constructor(
    private readonly host: FluoroBuffer,
    private readonly choose: (tensor: string) => void,
  ) {
    this.#actions = new Actions(host);
    this.#statistics = new StatisticsPanel(
      host,
      (index) => this.#choose(index),
      (error) => this.#actions.say(error.message),
    );
  }

  readonly onSelect = ({ detail }: CustomEvent<Cell>): void => {
    const { layout, view } = this.#details!.drawn.buffer;
    this.#choose(cellIndex(layout, view, detail));
  };

  readonly onHover = ({ detail }: CustomEvent<Block | null>): void => {
    this.#pointed = detail;
    this.host.requestUpdate();
  };

  readonly onView = ({ detail }: CustomEvent<Block>): void => {
    this.#sight = detail;
    if (this.#tableOpen) this.host.requestUpdate();
  };

  #choose(index: Index): void {
    const { host } = this;
    const tensor = this.#details!.drawn.buffer.name;
    host.index = { ...host.index, ...index };
    this.choose(tensor);
    host.dispatchEvent(new CustomEvent('fluoro-scalar', { detail: { tensor, index }, bubbles: true, composed: true }));
  }

  /** Other values are read: what came of an action is past. */
  forget(): void {
    this.#actions.say('');
  }

  get #tableOpen(): boolean {
    return this.host.shadowRoot?.querySelector('details')?.open ?? false;
  }

  tags({ derived, comparison }: Buffer): TemplateResult | typeof nothing {
    if (comparison !== 'none')
      return html`<span class="tag" title="Worked out from two values">difference, derived</span>`;
    if (!derived) return nothing;
    return html`<span class="tag" title="The pass itself never held it: it is computed from values that it held">derived</span>`;
  }

  comparison(buffer: Buffer): unknown {
    return guard([buffer], () => describeComparison(buffer));
  }

  possible({ origin, name }: Buffer): Comparison[] {
    return possibleComparisons(origin, name);
  }

  label({ name, view, layout }: Buffer): string {
    return `${name}: ${describeView(view, layout)}`;
  }

  details(drawn: Drawn): Details {
    if (this.#details?.drawn === drawn) return this.#details;
    const { buffer, bits, tokenAt } = drawn;
    const { values } = buffer;
    return (this.#details = {
      drawn,
      Hands: MapHands,
      cellText: bits ? (i) => hexOf(values.own.values, i) : (i) => shortText(values, i),
      describeCell: ({ row, col }) => {
        const words = describeCell(buffer, row, col, tokenAt);
        return bits ? `${words}, bits ${describeBits(values, row * values.cols + col)}` : words;
      },
    });
  }

  draw(drawn: Drawn, active: Cell, asked: Asked): TemplateResult {
    const { host } = this;
    const { log } = host;
    const { buffer, bits, coloring, tokenAt } = drawn;
    const { layout, view, values } = buffer;
    const all: Block = { rows: [0, values.rows], cols: [0, values.cols] };
    const hex = bits
      ? nothing
      : html` <span class="muted">${describeBits(values, active.row * values.cols + active.col)}</span>`;
    return html`
      <div class="foot">
        <span class="muted hint">Drag to move; Ctrl and the wheel, or + and −, to zoom. In the map ${describeView(view, layout)}.</span>
        ${guard([drawn], () => legendView(coloring, values))}
      </div>
      <output part="readout">${this.details(drawn).describeCell(active)}${hex}</output>
      <p class="muted pointed" part="pointed">${this.#pointedWords(drawn)}</p>
      <div class="columns">
        <section role="group" part="statistics" aria-label="Statistics">
          ${this.#statistics.draw(buffer, active, asked)}
        </section>
        <section role="group" part="histogram" aria-label="Histogram">
          <div class="head"><div class="title">Histogram</div>
            <label><input type="checkbox" name="log" .checked=${log}
              @change=${({ target }: Event) => (host.log = (target as HTMLInputElement).checked)} /> log counts</label></div>
          ${guard([drawn, log], () => histogramView(valueHistogram(values.values, { kinds: values.kinds }), log))}
        </section>
      </div>
      ${this.#actions.draw(drawn)}
      <details part="table" @toggle=${() => host.requestUpdate()}>
        <summary>What is in sight, as a table</summary>
        ${this.#tableOpen ? valueTable(buffer, this.#sight ?? all, active, tokenAt) : nothing}
      </details>
    `;
  }

  #pointedWords({ buffer, tokenAt }: Drawn): string {
    const { rows, cols } = buffer.values;
    const pointed = this.#pointed;
    return pointed && pointed.rows[1] <= rows && pointed.cols[1] <= cols ? describeBlock(buffer, pointed, tokenAt) : '';
  }
}
