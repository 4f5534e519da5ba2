import { css, html, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import type { Matrix } from '../shared/bitmap';
import type { Cell } from '../shared/canvas-grid';
import { diverging, gradient } from '../shared/colors';
import type { EditPlace } from '../shared/edit-actions';
import type { FigureTable } from '../shared/figure-table';
import { isIndex, within } from '../shared/selection';
import { formatShort, formatValue, visibleToken } from '../shared/text';
import { textHeatmap, textHeatmapStyles } from '../shared/text-heatmap';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { neuronTable } from './neuron-table';
import { type Neurons, neuronLayers, readNeurons } from './read-neurons';

const TOP = 24;

/**
 * What the neurons of a layer do over the tokens: the most active ones as rows of a heatmap, and one neuron's
 * activations on the text. Reads `blocks.L.mlp.hook_post`.
 *
 * @event {SelectEvent} fluoro-select - A neuron was chosen, `{ neuron }` or `{ neuron, pos, query, key: null }`, or a
 *   layer: `{ layer, neuron: null }`.
 * @event {BeginEvent} fluoro-begin - Where it begins, by its attribute: `{ neuronLayer }`.
 * @event {HoverEvent} fluoro-hover - The pointer is over a position, `{ pos }`, or has left (`{}`).
 * @csspart map - The heatmap, with a canvas inside.
 * @csspart readout - The selected activation in words.
 * @csspart text - The prompt, coloured by the selected neuron.
 * @csspart edit-actions - Silences, scales or sets the selected neuron, a `<fluoro-edit-actions>` with parts of its own.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is selected or pointed at.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the map use its dark colours.
 */
export class FluoroNeurons extends TraceElement<Neurons | null> {
  static override properties: PropertyDeclarations = { top: { type: Number }, layer: { type: Number } };

  /** How many neurons the map shows: a whole number, 1 or more. */
  top: number | null = TOP;
  /** The layer to begin with: until another is chosen, here or elsewhere in the `<fluoro-model>`. */
  layer: number | null = null;
  #cell: Cell | null = null;
  #kept: {
    readonly data: Neurons;
    readonly rows: readonly number[];
    readonly matrix: Matrix;
    readonly names: readonly string[];
    readonly texts: readonly string[];
  } | null = null;

  static override styles = [
    theme,
    textHeatmapStyles,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1.25rem;
        align-items: center;
        margin-bottom: 0.75rem;
      }
      .head > :last-child {
        margin-left: auto;
      }
      label {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
      }
      input {
        width: 5.5rem;
      }
      fluoro-edit-actions {
        margin-top: 0.75rem;
      }
      .title {
        margin: 1.25rem 0 0.5rem;
        font-size: 0.9375rem;
        font-weight: 600;
      }
      output {
        display: block;
        margin-top: 0.5rem;
      }
      b,
      strong {
        font: 600 0.875rem var(--_mono);
      }
    `,
  ];

  protected override readKey(): string {
    return String(this.#shownLayer(this.source!));
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('layer') && isIndex(this.layer)) this.begin({ neuronLayer: this.layer });
    super.willUpdate(changed);
  }

  /** The selected layer, or the first that has neurons. */
  #shownLayer(trace: Trace): number | undefined {
    const layers = neuronLayers(trace);
    const selected = this.selection.neuronLayer ?? this.selection.layer;
    return layers.includes(selected) ? selected : layers[0];
  }

  /** What was asked for, where the trace has no such neurons. */
  #instead(layer: number): string {
    const { neuronLayer } = this.selection;
    return neuronLayer === null || neuronLayer === layer ? '' : ` (this trace has none of layer ${neuronLayer})`;
  }

  /** Of the layer that is shown: all layers are many times as much. */
  override needs(trace: Trace): readonly string[] {
    const layer = this.#shownLayer(trace);
    return layer === undefined ? [] : [`blocks.${layer}.mlp.hook_post`];
  }

  protected async read(trace: Trace): Promise<Neurons | null> {
    const layer = this.#shownLayer(trace);
    return layer === undefined ? null : readNeurons(trace, layer);
  }

  protected override content(): TemplateResult {
    const { source } = this;
    if (source && neuronLayers(source).length === 0) {
      const attentionOnly = !Object.keys(source.program.tensors).some((name) => name.includes('.mlp.'));
      const why = attentionOnly
        ? 'This model has no neurons: it is attention-only, its layers have no MLP.'
        : 'This trace holds no neuron activations (blocks.L.mlp.hook_post).';
      return this.notice(why);
    }
    return super.content();
  }

  protected draw(data: Neurons): TemplateResult {
    const { labels, layers, layer, name, largest, count } = data;
    const { neuron, rows } = this.#shown(data);
    const { matrix, names, texts } = this.#drawn(data, rows);
    const pos = within(this.selection.pos, labels.length);
    const active = { row: rows.indexOf(neuron), col: pos };
    const shown = this.#cell && this.#cell.row < rows.length && this.#cell.col < labels.length ? this.#cell : active;
    const over = this.hover.pos ?? this.hover.query ?? null;
    const bound = formatShort(largest);
    const own = data.values(neuron);
    return html`
      <div class="head">
        <label>Layer
          <select @change=${(event: Event) => this.#chooseLayer(event)}>
            ${layers.map((one) => html`<option value=${one} ?selected=${one === layer}>${one}</option>`)}
          </select>
        </label>
        <label>Neuron
          <input type="number" min="0" max=${count - 1} .value=${String(neuron)}
            @change=${(event: Event) => this.#chooseNeuron(event, count)} />
        </label>
        <span class="muted">the ${rows.length} most active of ${count}${this.#instead(layer)}</span>
        <span class="legend"><span>${largest > 0 ? '−' : ''}${bound}</span><span .style=${`background: ${gradient(diverging)}`}></span><span>${bound}</span></span>
      </div>
      <fluoro-heatmap
        part="figure map"
        label=${`Activations of layer ${layer}: a row per neuron, a column per token`}
        .matrix=${matrix}
        .rowLabels=${names}
        .colLabels=${texts}
        .scale=${diverging}
        .min=${-largest}
        .max=${largest}
        .cellHeight=${16}
        .maxCell=${Math.max(56, Math.floor(320 / labels.length))}
        .active=${active}
        .hoverCols=${over === null ? [] : [over]}
        .describeCell=${({ row, col }: Cell, value: number) =>
          col < labels.length
            ? `neuron ${rows[row]} on ${visibleToken(labels[col]!)} (${col}), ${formatValue(value)}`
            : ''}
        @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => this.#choose(rows[detail.row]!, detail.col)}
        @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => this.#pointAt(detail)}
      ></fluoro-heatmap>
      <output part="readout">neuron <b>${rows[shown.row]}</b> on <b>${visibleToken(labels[shown.col]!)}</b>
        <span class="muted">(${shown.col})</span>, <strong>${formatValue(matrix.values[shown.row * labels.length + shown.col]!)}</strong>
        <div class="muted"><span class="name">${name}</span> · rows are neurons, columns positions</div>
      </output>
      <fluoro-edit-actions
        part="edit-actions"
        .own=${this.trace !== null}
        .place=${
          {
            what: `neuron ${layer}.${neuron}`,
            tensor: name,
            slice: { neuron },
            ops: ['zero', 'scale', 'set'],
            pos,
            token: labels[pos]!,
          } satisfies EditPlace
        }
      ></fluoro-edit-actions>
      <section role="group" aria-label="The selected neuron">
        <div class="title">Neuron ${neuron} of layer ${layer} on the text</div>
        ${textHeatmap({
          label: `Activation of neuron ${neuron} on each token`,
          tokens: labels,
          values: own,
          scale: diverging,
          min: -largest,
          max: largest,
          marked: [over ?? pos],
          onPoint: (at) => this.point(at === null ? {} : { pos: at }),
        })}
      </section>
    `;
  }

  protected override table(data: Neurons): FigureTable {
    return neuronTable(data, this.#shown(data).rows);
  }

  /** The selected neuron and those that are shown, it among them. */
  #shown({ order, count }: Neurons) {
    const neuron = within(this.selection.neuron ?? order[0]!, count);
    const rows = order.slice(0, this.#rows());
    if (!rows.includes(neuron)) rows[rows.length - 1] = neuron;
    return { neuron, rows };
  }

  /** The same objects as long as the same is drawn, so that no picture is made again. */
  #drawn(data: Neurons, rows: readonly number[]) {
    const kept = this.#kept;
    if (kept?.data === data && String(kept.rows) === String(rows)) return kept;
    const values = rows.flatMap((row) => [...data.values(row)]);
    const matrix = { rows: rows.length, cols: data.labels.length, values };
    return (this.#kept = { data, rows, matrix, names: rows.map(String), texts: data.labels.map(visibleToken) });
  }

  /** How many rows `top` asks for, whatever the attribute holds; null where it was taken away. */
  #rows(): number {
    const top = Math.floor(this.top ?? TOP);
    return Number.isNaN(top) ? TOP : Math.max(1, top);
  }

  #choose(neuron: number, pos: number): void {
    this.select({ neuron, pos, query: pos, key: null });
  }

  #pointAt(cell: Cell | null): void {
    this.#cell = cell;
    this.requestUpdate();
    this.point(cell ? { pos: cell.col } : {});
  }

  #chooseLayer(event: Event): void {
    this.select({ layer: Number((event.target as HTMLSelectElement).value), neuron: null });
  }

  #chooseNeuron(event: Event, count: number): void {
    const wanted = Math.round(Number((event.target as HTMLInputElement).value));
    if (wanted >= 0 && wanted < count) this.select({ neuron: wanted });
    else this.requestUpdate();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-neurons': FluoroNeurons;
  }
}
