/** What the patches restored: the map, in words, and as a table. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Matrix } from '../shared/bitmap';
import { bothTokens } from '../shared/both-tokens';
import type { Cell } from '../shared/canvas-grid';
import { diverging, gradient } from '../shared/colors';
import { type Hover, type Selection, within } from '../shared/selection';
import { formatShort, formatValue, visibleToken } from '../shared/text';
import type { PatchedPrompts } from './patched';

export interface Row {
  readonly layer: number;
  /** null where the site has one part per layer. */
  readonly head: number | null;
}

/** The rows of the map: layers, or the heads of all layers. */
export function rowsOf({ layers, heads }: PatchedPrompts): Row[] {
  return layers.flatMap((layer) => (heads ?? [null]).map((head) => ({ layer, head })));
}

export interface ResultView {
  readonly result: PatchedPrompts;
  /** Why it is not of what the form says. */
  readonly outdated: string;
  /** Why not all patches have run. */
  readonly unfinished: string;
  readonly selection: Selection;
  readonly hover: Hover;
  /** The cell under the pointer. */
  readonly pointed: Cell | null;
  readonly onSelect: (row: Row, pos: number) => void;
  readonly onPoint: (cell: Cell | null) => void;
}

export function resultView(view: ResultView): TemplateResult {
  const { result, outdated, unfinished, selection, hover, pointed } = view;
  const { cleanLabels, request, clean, corrupted } = result;
  const rows = rowsOf(result);
  const cols = cleanLabels.length;
  const labels = cleanLabels.map((label, pos) => bothTokens(label, result.corruptedLabels[pos]!));
  const row = rows.findIndex(
    ({ layer, head }) => layer === selection.layer && (head === null || head === selection.head),
  );
  const active = { row: Math.max(0, row), col: within(selection.pos, cols) };
  const shown = pointed && pointed.row < rows.length && pointed.col < cols ? pointed : active;
  const over = hover.pos ?? hover.query ?? null;
  const perHead = rows[0]?.head !== null;
  const notes = [unfinished, outdated].filter(Boolean);
  return html`
    <section role="group" class="result" aria-label="What the patches restored">
      <div class="head">
        <div class="title">${request.at} <span class="muted">${perHead ? 'of each head ' : ''}at each position</span></div>
        <span class="legend" part="legend"><span>further away −1</span><span .style=${`background: ${gradient(diverging)}`}></span
            ><span>1 all restored</span></span>
      </div>
      <p part="values" class="muted">${metricInWords(result)}</p>
      ${notes.length > 0 ? html`<p part="notes" class="notes">${notes.join(' ')}</p>` : nothing}
      ${
        clean === corrupted
          ? html`<p part="same" class="notice">Both prompts have the same ${result.metricName}, so there is no difference to
              restore. Choose another metric, or prompts that differ in it.</p>`
          : html`<fluoro-heatmap
                part="figure map"
                label=${`Part of the difference that each patch of ${request.at} restores: a row per ${perHead ? 'head' : 'layer'}, a column per position`}
                .matrix=${matrixOf(result, rows.length)}
                .rowLabels=${rows.map(nameOf)}
                .colLabels=${labels}
                .scale=${diverging}
                .min=${-1}
                .max=${1}
                .cellHeight=${rows.length > 8 ? 16 : 26}
                .maxCell=${Math.max(26, Math.floor(320 / cols))}
                .active=${active}
                .hoverCols=${over === null || over >= cols ? [] : [over]}
                .describeCell=${(cell: Cell) => describe(result, rows, cell)}
                @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => view.onSelect(rows[detail.row]!, detail.col)}
                @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => view.onPoint(detail)}
              ></fluoro-heatmap>
              <output part="readout">${readout(result, rows, shown)}
                <div class="muted">${most(result, rows)} Rows are ${perHead ? 'layer.head' : 'layers'},
                  columns ${request.at === 'pattern' ? 'queries' : 'positions'}; beyond ±1 the colour stays that of ±1.</div>
              </output>`
      }
    </section>
  `;
}

/** One object per result, so that its image is kept. */
const matrices = new WeakMap<PatchedPrompts, Matrix>();

function matrixOf(result: PatchedPrompts, rows: number) {
  let matrix = matrices.get(result);
  const values = Float64Array.from(result.restored);
  if (!matrix)
    matrices.set(
      result,
      (matrix = { rows, cols: result.cleanLabels.length, values, isVoid: (i) => Number.isNaN(values[i]) }),
    );
  return matrix;
}

function metricInWords({ metricName, unit, answer, wrong, clean, corrupted }: PatchedPrompts): TemplateResult {
  const of = answer === null ? nothing : html` of <b>${visibleToken(answer)}</b>`;
  const against = wrong === null ? nothing : html` against <b>${visibleToken(wrong)}</b>`;
  const units = metricName === unit ? '' : ` ${unit}`;
  return html`${metricName.charAt(0).toUpperCase()}${metricName.slice(1)}${of}${against}:
    clean <b>${formatValue(clean)}</b>${units}, corrupted <b>${formatValue(corrupted)}</b>${units}.`;
}

function readout(result: PatchedPrompts, rows: readonly Row[], { row, col }: Cell): TemplateResult {
  const i = row * result.cleanLabels.length + col;
  const [restored, value] = [result.restored[i]!, result.values[i]!];
  const [clean, corrupted] = [result.cleanLabels[col]!, result.corruptedLabels[col]!];
  const instead = clean === corrupted ? nothing : html`, instead of <b>${visibleToken(corrupted)}</b>`;
  const place = html`${inWords(rows[row]!)} at <b>${visibleToken(clean)}</b> <span class="muted">(${col})</span>${instead}`;
  if (Number.isNaN(restored)) return html`<span>${place}: not run</span>`;
  return html`<span>${place}: <strong>${formatShort(restored)}</strong> restored
    <span class="muted">${result.metricName} ${formatValue(value)}</span></span>`;
}

function describe(result: PatchedPrompts, rows: readonly Row[], { row, col }: Cell): string {
  const [clean, corrupted] = [result.cleanLabels[col], result.corruptedLabels[col]];
  const one = rows[row];
  if (!one || clean === undefined || corrupted === undefined) return '';
  const restored = result.restored[row * result.cleanLabels.length + col]!;
  const instead = clean === corrupted ? '' : ` instead of ${visibleToken(corrupted)}`;
  const part = Number.isNaN(restored) ? 'not run' : `${formatShort(restored)} restored`;
  return `${inWords(one)} at ${visibleToken(clean)} (${col})${instead}, ${part}`;
}

function most(result: PatchedPrompts, rows: readonly Row[]): string {
  const { restored, cleanLabels } = result;
  const i = largest(restored, 0, restored.length);
  if (i < 0) return '';
  const col = i % cleanLabels.length;
  const place = `${inWords(rows[Math.floor(i / cleanLabels.length)]!)} at ${visibleToken(cleanLabels[col]!)} (${col})`;
  return `Most is restored by ${place}: ${formatShort(restored[i]!)}.`;
}

/** Where the largest of some values is; −1 where all are NaN. */
function largest(values: readonly number[], from: number, end: number): number {
  let best = -1;
  for (let i = from; i < end; i++) {
    if (!Number.isNaN(values[i]!) && (best < 0 || values[i]! > values[best]!)) best = i;
  }
  return best;
}

function nameOf({ layer, head }: Row): string {
  return head === null ? `${layer}` : `${layer}.${head}`;
}

function inWords({ layer, head }: Row): string {
  return head === null ? `layer ${layer}` : `layer ${layer}, head ${head}`;
}

export const resultStyles = css`
  .result {
    margin-top: 1.25rem;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: baseline;
    justify-content: space-between;
  }
  .title {
    font-size: 0.9375rem;
    font-weight: 600;
  }
  [part='values'] {
    margin-bottom: 0.75rem;
  }
  .notes {
    margin: 0 0 0.75rem;
    padding: 0.4rem 0.75rem;
    border-left: 3px solid var(--_accent);
    background: var(--_sunken);
    font-size: 0.875rem;
  }
  output {
    display: block;
    min-height: 3em;
    margin-top: 0.5rem;
  }
  output strong {
    font: 600 0.9375rem var(--_mono);
  }
  b {
    font: 600 0.8125rem var(--_mono);
  }
`;
