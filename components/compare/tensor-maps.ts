/** The selected tensor on both sides; it comes after the list. */
import { html, type TemplateResult } from 'lit';
import type { Cell } from '../shared/canvas-grid';
import { type Hover, type Selection, within } from '../shared/selection';
import { type MapsView, tensorView } from './maps-view';
import type { Compared } from './read-compared';

/** The element around. */
export interface Pointed {
  select(change: Partial<Selection>): void;
  point(hover: Hover): void;
  requestUpdate(): void;
}

export interface Drawn {
  readonly selection: Selection;
  readonly hover: Hover;
  /** The pass's output. */
  readonly output: string | undefined;
  readonly text: (id: number) => string;
  /** What is said of maps that a recording does not hold. */
  readonly lacks: (what: string) => TemplateResult;
}

export class TensorMaps {
  /** Which row of a tensor is selected: no other element knows of it. */
  #chosenRow: { readonly tensor: string; readonly index: number } | null = null;
  /** The cell under the pointer. */
  #cell: Cell | null = null;

  constructor(private readonly element: Pointed) {}

  draw(data: Compared, drawn: Drawn): TemplateResult {
    if (data.lacking !== null) {
      return html`<p part="maps-message" class="notice">${drawn.lacks(`This recording has no map of ${data.lacking}`)}</p>`;
    }
    const view = this.#view(data, drawn);
    return view ? tensorView(view) : html`<p class="notice">Both hold no tensor of the same shape.</p>`;
  }

  #view(data: Compared, { selection, hover, output, text }: Drawn): MapsView | null {
    const { shown, pairing, kind } = data;
    if (!shown) return null;
    const head = within(selection.head, shown.heads ?? 1);
    const map = shown.map(head);
    const square = shown.rowAxis === 'query';
    const neuron = selection.neuron === null ? -1 : map.rows.indexOf(selection.neuron);
    const { cols } = map.difference;
    const active = square
      ? {
          row: within(selection.query - pairing.first, cols),
          col: within((selection.key ?? selection.query) - pairing.first, cols),
        }
      : {
          row: shown.rowAxis === 'neuron' && neuron >= 0 ? neuron : this.#row(shown.tensor, map.rows),
          col: within(selection.pos - pairing.first, pairing.count),
        };
    const over = (square ? hover.key : undefined) ?? hover.pos ?? hover.query ?? null;
    return {
      ...{ kind, pairing, shown, map, head, active, pointed: this.#cell },
      over: over === null || over < pairing.first ? null : over - pairing.first,
      rowName: shown.rowAxis === 'vocab' && shown.tensor === output ? text : String,
      onHead: (head) => this.element.select({ head }),
      onChoose: (cell) => this.#choose(data, map.rows, cell),
      onPoint: (cell) => this.#pointAt(cell, square, pairing.first),
    };
  }

  #row(tensor: string, rows: readonly number[]): number {
    const chosen = this.#chosenRow;
    return chosen?.tensor === tensor ? Math.max(0, rows.indexOf(chosen.index)) : 0;
  }

  #choose({ shown, pairing }: Compared, rows: readonly number[], { row, col }: Cell): void {
    const pos = col + pairing.first;
    const { rowAxis, tensor } = shown!;
    if (rowAxis === 'query') {
      const query = row + pairing.first;
      this.element.select({ query, pos: query, key: pos });
      return;
    }
    const index = rows[row]!;
    this.#chosenRow = { tensor, index };
    const layer = Number(/^blocks\.(\d+)\./.exec(tensor)?.[1] ?? Number.NaN);
    const neuron: Partial<Selection> = rowAxis === 'neuron' ? { neuronLayer: layer, neuron: index } : {};
    this.element.select({ pos, query: pos, key: null, ...neuron });
    this.element.requestUpdate();
  }

  #pointAt(cell: Cell | null, square: boolean, first: number): void {
    this.#cell = cell;
    this.element.requestUpdate();
    if (!cell) this.element.point({});
    else this.element.point(square ? { query: cell.row + first, key: cell.col + first } : { pos: cell.col + first });
  }
}
