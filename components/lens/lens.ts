import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { LensRow, Trace } from '../../src/index';
import { answerKey } from '../shared/answers';
import type { Cell } from '../shared/canvas-grid';
import { gradient, sequential } from '../shared/colors';
import { controlsStyles } from '../shared/controls-styles';
import type { FigureTable } from '../shared/figure-table';
import type { Question } from '../shared/run-context';
import { within } from '../shared/selection';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { tokenList, tokenListStyles } from '../shared/token-list';
import { TraceElement } from '../shared/trace-element';
import { lensCheck } from './lens-check';
import type { Lens, LensStream } from './lens-data';
import type { CellText } from './lens-grid';
import { lensStyles } from './lens-styles';
import { type Colored, colored, isMeasure, type Measure, measured, measures } from './measures';

/**
 * The logit lens of the whole pass: what the model would answer from every residual stream, at every position. Each cell
 * shows the likeliest token; its colour is the probability or the rank of the token that really comes next, the entropy,
 * or the distance to the final answer. It takes the model: each stream is a run of its own.
 *
 * @event {SelectEvent} fluoro-select - A position was chosen: `{ pos, query, key: null }`.
 * @event {HoverEvent} fluoro-hover - The pointer is over a position, `{ pos }`, or has left (`{}`).
 * @csspart controls - The choice of colours and of the scale.
 * @csspart map - The heatmap, with a canvas inside.
 * @csspart readout - The selected cell in words, or the one under the pointer.
 * @csspart top - The likeliest tokens of that cell.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is selected or pointed at, and the bars.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the map use its dark colours.
 */
export class FluoroLens extends TraceElement<Lens> {
  static override properties: PropertyDeclarations = {
    measure: {},
    frozen: { type: Boolean, reflect: true },
  };

  /** What the colours are: probability, rank, entropy or kl. */
  measure: Measure = 'probability';
  /** Divides by the scale of the pass's own final layernorm instead of each stream's own. */
  frozen = false;
  /** The chosen stream; null: the last one. */
  #row: number | null = null;
  #pointed: Cell | null = null;
  #kept: Kept | null = null;

  static override styles = [theme, tokenListStyles, controlsStyles, lensStyles];

  protected override readKey(): string {
    return String(this.frozen);
  }

  protected read(from: Trace, signal: AbortSignal): Promise<Lens> {
    const { frozen } = this;
    const key = answerKey('lens', { frozen });
    const question: Question<Lens> = async (model, trace, { signal }) => {
      const { readLens } = await import('./read-lens');
      return readLens(model, trace, frozen, signal);
    };
    return this.ask(question, signal, key, lensCheck(from.program.pos));
  }

  protected override readonly tables = this.later(() => import('./below'), false);

  protected override table(lens: Lens): FigureTable | null {
    return this.tables.module?.lensTable(lens) ?? null;
  }

  protected draw(lens: Lens): TemplateResult {
    const { labels, streams } = lens;
    const measure = isMeasure(this.measure) ? this.measure : 'probability';
    const { matrix, min, max, texts, rowLabels, colLabels } = this.#drawn(lens, measure);
    const { legend } = measures[measure];
    const active = {
      row: within(this.#row ?? streams.length - 1, streams.length),
      col: within(this.selection.pos, labels.length),
    };
    const pointed = this.#pointed;
    const shown = pointed && pointed.row < streams.length && pointed.col < labels.length ? pointed : active;
    const over = this.hover.pos ?? this.hover.query;
    const stream = streams[shown.row]!;
    return html`
      ${this.#controls(lens, measure)}
      <div class=${this.stale ? 'stale' : ''}>
        <fluoro-lens-grid
          part="figure map"
          label=${`Logit lens, ${measures[measure].label}: a row per residual stream, a column per token`}
          .matrix=${matrix}
          .min=${min}
          .max=${max}
          .texts=${texts}
          .rowLabels=${rowLabels}
          .colLabels=${colLabels}
          .cellHeight=${22}
          .maxCell=${Math.max(64, Math.floor(320 / labels.length))}
          .active=${active}
          .hoverCols=${over === undefined ? [] : [over]}
          .describeCell=${(cell: Cell) => describeCell(lens, cell)}
          @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => this.#choose(detail)}
          @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => this.#pointAt(detail)}
        ></fluoro-lens-grid>
        <div class="foot">
          <span class="muted">in a cell with room the likeliest token; bold where that is the next one</span>
          <span class="legend"><span>${legend(min)}</span><span .style=${`background: ${gradient(sequential)}`}></span><span>${legend(max)}</span></span>
        </div>
        <div class="columns">
          ${readout(lens, stream, shown.col, this.tables.module?.followedIn(lens, stream.cells[shown.col]!))}
          <section role="group" part="top" aria-label="Likeliest tokens of this cell">
            <div class="title">It would answer</div>
            ${stream.cells[shown.col]!.top.length > 0 ? tokenList(likely(stream.cells[shown.col]!)) : 'NaN'}
          </section>
        </div>
      </div>
    `;
  }

  #controls({ normalized }: Lens, measure: Measure): TemplateResult {
    const why = 'Not held by the pass: each residual stream as if later layers wrote nothing';
    return html`<div class="controls" part="controls">
      <label>Colour
        <select @change=${({ target }: Event) => (this.measure = (target as HTMLSelectElement).value as Measure)}>
          ${Object.entries(measures).map(
            ([name, { label }]) => html`<option value=${name} .selected=${name === measure}>${label}</option>`,
          )}
        </select>
      </label>
      ${
        normalized
          ? html`<label title="by ln_final.hook_scale">
              <input type="checkbox" .checked=${this.frozen}
                @change=${({ target }: Event) => (this.frozen = (target as HTMLInputElement).checked)} />
              frozen scale</label>`
          : nothing
      }
      <span class="tag" title=${why}>derived</span>
      <span class="muted working" role="status">${this.stale ? 'working…' : ''}</span>
    </div>`;
  }

  /** The same objects as long as the same is drawn, so that no picture is made again. */
  #drawn(lens: Lens, measure: Measure): Kept {
    const kept = this.#kept;
    if (kept?.lens === lens && kept.measure === measure) return kept;
    const { labels, streams } = lens;
    return (this.#kept = {
      ...{ lens, measure, ...colored(lens, measure) },
      texts: streams.flatMap(({ cells }) => cells.map(cellText)),
      rowLabels: streams.map(({ label }) => label),
      colLabels: labels.map(visibleToken),
    });
  }

  #choose({ row, col }: Cell): void {
    this.#row = row;
    this.requestUpdate();
    this.select({ pos: col, query: col, key: null });
  }

  #pointAt(cell: Cell | null): void {
    this.#pointed = cell;
    this.requestUpdate();
    this.point(cell ? { pos: cell.col } : {});
  }
}

interface Kept extends Colored {
  readonly lens: Lens;
  readonly measure: Measure;
  readonly texts: readonly CellText[];
  readonly rowLabels: readonly string[];
  readonly colLabels: readonly string[];
}

/** Without any the logits are no numbers. */
function firstOf([first]: LensRow['top']): string {
  return first ? visibleToken(first.text) : 'NaN';
}

function cellText({ top, followed }: LensRow) {
  return { text: firstOf(top), strong: followed?.rank === 0 };
}

function likely({ top, followed }: LensRow) {
  return top.map(({ token, ...rest }) => ({ id: token, ...rest, marked: token === followed?.token }));
}

function readout(
  { labels }: Lens,
  { name, label, cells }: LensStream,
  pos: number,
  followed: TemplateResult | undefined,
): TemplateResult {
  const { probability, rank, entropy, kl } = measured(cells[pos]!);
  return html`<output part="readout">
    <div class="title">From <b>${label}</b> at <b>${visibleToken(labels[pos]!)}</b> <span class="muted">(pos ${pos})</span></div>
    ${followed ?? html`<p>\u00a0</p>`}
    <dl>
      <div><dt>its probability</dt> <dd>${probability}</dd></div>
      <div><dt>its rank</dt> <dd>${rank}</dd></div>
      <div><dt>entropy</dt> <dd>${entropy}</dd></div>
      <div><dt>KL to the end</dt> <dd>${kl}</dd></div>
    </dl>
    <div class="name muted">${name}</div>
  </output>`;
}

function describeCell({ labels, streams }: Lens, { row, col }: Cell): string {
  const cell = streams[row]?.cells[col];
  if (!cell) return '';
  const { probability, rank, entropy, kl } = measured(cell);
  const followed = cell.followed ? `, next ${visibleToken(cell.followed.text)} ${probability}, rank ${rank}` : '';
  return `${streams[row]!.label} at ${visibleToken(labels[col]!)} (${col}): ${firstOf(cell.top)}${followed}, entropy ${entropy}, KL ${kl}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-lens': FluoroLens;
  }
}
