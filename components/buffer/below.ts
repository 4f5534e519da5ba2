/** What stands below the map: the statistics, the histogram, ways to take the slice along and a table. It comes after it. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Index } from '../../src/index';
import { valueHistogram } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import { Actions } from './actions';
import type { Drawn } from './drawn';
import { histogramView } from './histogram-view';
import type { Block } from './map-drawing';
import type { Asked } from './read-buffer';
import { StatisticsPanel } from './statistics-panel';
import type { TensorSource } from './tensor-source';
import { valueTable } from './value-table';

export { belowStyles as styles } from './below-styles';
export { describeBlock, describeComparison } from './block-words';

export interface BelowView {
  readonly drawn: Drawn;
  readonly active: Cell;
  readonly source: TensorSource;
  readonly asked: Asked;
  /** Counts of the histogram as logarithms. */
  readonly log: boolean;
  /** What the map has in sight; null for all. */
  readonly sight: Block | null;
  readonly onLog: (log: boolean) => void;
}

export class Below {
  readonly #actions: Actions;
  readonly #statistics: StatisticsPanel;

  /** @param onGo an element of the tensor was chosen */
  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    onGo: (index: Index) => void,
  ) {
    this.#actions = new Actions(host);
    this.#statistics = new StatisticsPanel(host, onGo, (error) => this.#actions.say(error.message));
  }

  /** Other values are read: what came of an action is past. */
  forget(): void {
    this.#actions.say('');
  }

  /** Whether the table is open. */
  get tableOpen(): boolean {
    return this.host.shadowRoot?.querySelector('details')?.open ?? false;
  }

  draw({ drawn, active, source, asked, log, sight, onLog }: BelowView): TemplateResult {
    const { buffer, tokenAt } = drawn;
    const { rows, cols, values, kinds } = buffer.values;
    const all: Block = { rows: [0, rows], cols: [0, cols] };
    return html`
      <div class="columns">
        <section role="group" part="statistics" aria-label="Statistics">
          ${this.#statistics.draw(buffer, active, source, asked)}
        </section>
        <section role="group" part="histogram" aria-label="Histogram">
          <div class="head"><div class="title">Histogram</div>
            <label><input type="checkbox" name="log" .checked=${log}
              @change=${({ target }: Event) => onLog((target as HTMLInputElement).checked)} /> log counts</label></div>
          ${guard([drawn, log], () => histogramView(valueHistogram(values, { kinds }), log))}
        </section>
      </div>
      ${this.#actions.draw(drawn)}
      <details part="table" @toggle=${() => this.host.requestUpdate()}>
        <summary>What is in sight, as a table</summary>
        ${this.tableOpen ? valueTable(buffer, sight ?? all, active, tokenAt) : nothing}
      </details>
    `;
  }
}
