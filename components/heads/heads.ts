import { css, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import type { Matrix } from '../shared/bitmap';
import type { Cell, PointedCell } from '../shared/canvas-grid';
import { gradient, sequential } from '../shared/colors';
import type { FigureTable } from '../shared/figure-table';
import { isIndex, within } from '../shared/selection';
import { formatValue, visibleToken } from '../shared/text';
import { textHeatmap, textHeatmapStyles } from '../shared/text-heatmap';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { headPlace } from './head-place';
import { type Patterns, readPatterns, strongestKey, weightAt } from './read-patterns';

/**
 * Where every head attends: a grid of all heads, a row per layer, and the selected head large with the tokens on both
 * axes. Reads `blocks.L.attn.hook_pattern` of all layers at once.
 *
 * @event {SelectEvent} fluoro-select - A head, or a query and key, was chosen: `{ layer, head }` or
 *   `{ query, key, pos }`.
 * @event {BeginEvent} fluoro-begin - Where it begins, by its attributes: `{ layer, head }`, or one of them.
 * @event {HoverEvent} fluoro-hover - The pointer is over a query and key, or has left (`{}`).
 * @csspart thumbnail - What the pointer is over in the grid of all heads, in words.
 * @csspart grid - The grid of all heads, with a canvas inside.
 * @csspart pattern - The selected head's pattern, with a canvas inside.
 * @csspart readout - The selected weight in words.
 * @csspart text - The prompt, coloured by the selected query's weights.
 * @csspart edit-actions - Silences the selected head, a `<fluoro-edit-actions>` with parts of its own.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is selected or pointed at.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the maps use their dark colours.
 */
export class FluoroHeads extends TraceElement<Patterns> {
  static override properties: PropertyDeclarations = { layer: { type: Number }, head: { type: Number } };

  /** The layer to begin with: until another is chosen, here or elsewhere in the `<fluoro-model>`. */
  layer: number | null = null;
  /** The head to begin with. */
  head: number | null = null;
  #cell: Cell | null = null;
  #thumbnail: PointedCell | null = null;

  static override styles = [
    theme,
    textHeatmapStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .columns {
        display: grid;
        gap: 1.5rem;
      }
      .columns > * {
        min-width: 0;
      }
      @container (min-width: 46rem) {
        .columns {
          grid-template: auto 1fr / minmax(15rem, 2fr) 3fr;
        }
        .large {
          grid-area: 1 / 2 / 3 / 3;
        }
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1rem;
        align-items: baseline;
        justify-content: space-between;
        margin-bottom: 0.5rem;
      }
      .title {
        font-size: 0.9375rem;
        font-weight: 600;
      }
      .head > [part='thumbnail'] {
        flex: 1 1 0;
        min-width: 0;
        overflow: hidden;
        text-align: right;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      output {
        display: block;
        min-height: 3em;
        margin-top: 0.5rem;
      }
      fluoro-edit-actions {
        margin-top: 0.75rem;
      }
      output strong {
        font: 600 0.9375rem var(--_mono);
      }
      b {
        font: 600 0.875rem var(--_mono);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    const { layer, head } = this;
    if (changed.has('layer') || changed.has('head')) {
      const beginning = { ...(isIndex(layer) && { layer }), ...(isIndex(head) && { head }) };
      if (Object.keys(beginning).length > 0) this.begin(beginning);
    }
    super.willUpdate(changed);
  }

  override needs({ names }: Trace): readonly string[] {
    return names.filter((name) => /^blocks\.\d+\.attn\.hook_pattern$/.test(name));
  }

  protected read(trace: Trace): Promise<Patterns> {
    return readPatterns(trace);
  }

  protected draw(data: Patterns): TemplateResult {
    const { layers, labels } = data;
    const shown = this.#shown(data);
    if (!shown) {
      return this.notice('This trace holds no attention pattern (blocks.L.attn.hook_pattern).');
    }
    const { row, layer, name, head, pattern, query, key } = shown;
    const hoverQuery = this.hover.query ?? this.hover.pos ?? null;
    const cell = this.#cell ?? { row: query, col: key };
    const textQuery = hoverQuery ?? query;
    return html`
      <div class="columns">
        <section role="group" aria-label="All heads">
          <div class="head">
            ${this.#thumbnailTitle(data)}
          </div>
          <fluoro-head-grid
            part="figure grid"
            label="Heads, a row per layer"
            .patterns=${data.heads}
            .layers=${data.numbers}
            .active=${{ row, col: head }}
            .markedRow=${hoverQuery}
            .describeHead=${(cell: Cell) => describeHead(data, cell)}
            @fluoro-cell-select=${(event: CustomEvent<Cell>) => {
              this.select({ layer: layers[event.detail.row]!.layer, head: event.detail.col });
            }}
            @fluoro-cell-hover=${(event: CustomEvent<PointedCell | null>) => this.#pointAtHead(event.detail)}
          ></fluoro-head-grid>
        </section>
        <section role="group" aria-label="The selected query's attention over the text">
            <div class="head">
              <div class="title">From <b>${visibleToken(labels[textQuery]!)}</b> <span class="muted">(pos ${textQuery})</span>, this head looks at</div>
            </div>
            ${textHeatmap({
              label: `Attention from pos ${textQuery} to each token`,
              tokens: labels,
              values: labels.map((_, key) => weightAt(pattern, textQuery, key)),
              scale: sequential,
              min: 0,
              max: 1,
              marked: [this.hover.key ?? this.hover.pos ?? key],
              onPoint: (pos) => this.point(pos === null ? {} : { key: pos }),
            })}
        </section>
        <section role="group" class="large" aria-label="The selected head">
          <div class="head">
            <div class="title">Layer ${layer}, head ${head}${this.#instead(layer, head)}</div>
            <span class="legend"><span>0</span><span .style=${`background: ${gradient(sequential)}`}></span><span>1</span></span>
          </div>
          <fluoro-heatmap
            part="figure pattern"
            label=${`Attention of layer ${layer}, head ${head}: a row per query, a column per key`}
            .matrix=${pattern}
            .maxCell=${Math.max(26, Math.floor(220 / labels.length))}
            .rowLabels=${data.texts}
            .colLabels=${data.texts}
            .active=${{ row: query, col: key }}
            .hoverRow=${hoverQuery}
            .hoverCols=${[this.hover.key ?? this.hover.pos].filter((pos) => pos !== undefined)}
            .describeCell=${(cell: Cell) => describeWeight(data, pattern, cell)}
            @fluoro-cell-select=${({ detail: { row, col } }: CustomEvent<Cell>) => {
              this.select({ query: row, pos: row, key: col });
            }}
            @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => {
              this.#cell = detail;
              this.point(detail ? { query: detail.row, key: detail.col } : {});
            }}
          ></fluoro-heatmap>
          <output part="readout">${this.#readout(labels, pattern, cell)}
            <div class="muted"><span class="name">${name}</span> · head ${head} · rows are queries, columns keys</div>
          </output>
          <fluoro-edit-actions
            part="edit-actions"
            .own=${this.trace !== null}
            .place=${headPlace(layer, head, query, labels)}
          ></fluoro-edit-actions>
        </section>
      </div>
    `;
  }

  protected override readonly tables = this.later(() => import('./heads-table'), false);

  protected override table(data: Patterns): FigureTable | null {
    const shown = this.#shown(data);
    return shown && (this.tables.module?.headsTable(data, shown) ?? null);
  }

  /** The selected head, as far as the trace has it, and the pair of it that is selected. */
  #shown({ layers, labels }: Patterns) {
    const { selection } = this;
    const at = layers.findIndex(({ layer }) => layer === selection.layer);
    const row = Math.max(0, at);
    const shown = layers[row];
    if (!shown) return null;
    const head = within(selection.head, shown.heads.length);
    const pattern = shown.heads[head]!;
    const query = within(selection.query, labels.length);
    const key = within(selection.key ?? strongestKey(pattern, query), labels.length);
    return { ...shown, row, head, pattern, query, key };
  }

  /** What was asked for, where the trace has no such head. */
  #instead(layer: number, head: number): string {
    const { selection } = this;
    return selection.layer === layer && selection.head === head
      ? ''
      : ` (this trace has no ${selection.layer}.${selection.head})`;
  }

  /** What stands above the thumbnails: never more than one line, or they would move away from under the pointer. */
  #thumbnailTitle({ labels, layers }: Patterns): TemplateResult {
    const { row = -1, col = -1, inner } = this.#thumbnail ?? {};
    const pattern = layers[row]?.heads[col];
    if (!pattern || !inner || inner.row >= pattern.rows || inner.col >= pattern.cols) {
      return html`<div class="title">All heads</div>
        <span part="thumbnail" class="muted">layers down, heads across</span>`;
    }
    const value = weightAt(pattern, inner.row, inner.col);
    return html`<div class="title">Layer ${layers[row]!.layer}, head ${col}</div>
      <span part="thumbnail" class="muted">${value === null ? 'masked' : html`<b>${formatValue(value)}</b>`}
        from ${place(labels, inner.row)} to ${place(labels, inner.col)}</span>`;
  }

  #readout(labels: readonly string[], pattern: Matrix, { row, col }: Cell): TemplateResult {
    if (row >= labels.length || col >= labels.length) return html`${nothing}`;
    const value = weightAt(pattern, row, col);
    const [from, to] = [visibleToken(labels[row]!), visibleToken(labels[col]!)];
    return html`<span>from <b>${from}</b> <span class="muted">(${row})</span> to <b>${to}</b> <span class="muted">(${col})</span>,
      ${value === null ? 'masked: it comes later' : html`<strong>${formatValue(value)}</strong>`}</span>`;
  }

  #pointAtHead(cell: PointedCell | null): void {
    this.#thumbnail = cell;
    this.requestUpdate();
    this.point(cell?.inner ? { query: cell.inner.row, key: cell.inner.col } : {});
  }
}

function place(labels: readonly string[], pos: number): string {
  return `${visibleToken(labels[pos]!)} (${pos})`;
}

function describeWeight({ labels }: Patterns, pattern: Matrix, { row, col }: Cell): string {
  if (row >= labels.length || col >= labels.length) return '';
  const weight = weightAt(pattern, row, col);
  return `from ${place(labels, row)} to ${place(labels, col)}, ${weight === null ? 'masked' : formatValue(weight)}`;
}

function describeHead({ labels, layers }: Patterns, { row, col }: Cell): string {
  const pattern = layers[row]?.heads[col];
  if (!pattern) return '';
  const query = labels.length - 1;
  const key = strongestKey(pattern, query);
  const weight = weightAt(pattern, query, key)!;
  const what = Number.isNaN(weight)
    ? "'s weights are NaN"
    : ` looks most at ${place(labels, key)}, ${formatValue(weight)}`;
  return `layer ${layers[row]!.layer}, head ${col}; the last token${what}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-heads': FluoroHeads;
  }
}
