/** left / difference / right: one tensor thrice, on the same axes and with one selection. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Matrix } from '../shared/bitmap';
import { bothTokens } from '../shared/both-tokens';
import type { Cell } from '../shared/canvas-grid';
import { type ColorScale, diverging, gradient, sequential } from '../shared/colors';
import { formatShort, formatValue } from '../shared/text';
import { type Pairing, type PairKind, sideNames } from './pair';
import type { PairedMap, PairedTensor } from './read-map';

export interface MapsView {
  readonly kind: PairKind;
  readonly pairing: Pairing;
  readonly shown: PairedTensor;
  readonly map: PairedMap;
  /** The one of several that is shown. */
  readonly head: number;
  readonly active: Cell;
  /** The cell under the pointer, in any of the three. */
  readonly pointed: Cell | null;
  /** A column that something elsewhere points at. */
  readonly over: number | null;
  readonly rowName: (index: number) => string;
  readonly onHead: (head: number) => void;
  readonly onChoose: (cell: Cell) => void;
  readonly onPoint: (cell: Cell | null) => void;
}

/** Differences may be small: two digits of them are told. */
function ends(largest: number): readonly [string, string] {
  const text =
    largest > 0 && largest < 0.05
      ? Number(largest.toPrecision(2)).toString().replace('e-', 'e−')
      : formatShort(largest);
  return [largest > 0 ? `−${text}` : text, text];
}

interface Bounds {
  readonly scale: ColorScale;
  readonly min: number;
  readonly max: number;
}

export function tensorView(view: MapsView): TemplateResult {
  const { shown, map, kind, head, onHead } = view;
  const { heads, tensor, rowAxis, derived } = shown;
  const some = map.rows.length < map.of ? `, the ${map.rows.length} of ${map.of} that differ most` : '';
  return html`<section role="group" class="tensor" aria-label="The selected tensor">
    <div class="tensor-head">
      <span class="title name">${tensor}</span>
      ${
        heads === null
          ? nothing
          : html`<label>Head <select part="head" @change=${({ target }: Event) => onHead(Number((target as HTMLSelectElement).value))}>
              ${Array.from({ length: heads }, (_, one) => html`<option value=${one} .selected=${one === head}>${one}</option>`)}
            </select></label>`
      }
      <span class="muted">rows: ${rowAxis}${some} · difference: ${sideNames[kind][1]} − ${sideNames[kind][0]}${derived ? ' · derived' : ''}</span>
    </div>
    ${mapsView(view)}
    <output part="readout">${readout(view)}</output>
  </section>`;
}

function mapsView(view: MapsView): TemplateResult {
  const { kind, shown, map } = view;
  const [left, right] = sideNames[kind];
  const { largest, furthest } = map;
  const sides = shown.probability
    ? { scale: sequential, min: 0, max: 1, ends: ['0', '1'] as const }
    : { scale: diverging, min: -largest, max: largest, ends: ends(largest) };
  const apart = { scale: diverging, min: -furthest, max: furthest };
  return html`<div class="maps">
    ${panel(view, left, 'left', map.left, sides, sides.ends)}
    ${panel(view, `${right} − ${left}`, 'difference', map.difference, apart, ends(furthest))}
    ${panel(view, right, 'right', map.right, sides, sides.ends)}
  </div>`;
}

function panel(
  { pairing, shown, map, active, pointed, over, rowName, onChoose, onPoint }: MapsView,
  name: string,
  part: 'left' | 'difference' | 'right',
  matrix: Matrix,
  { scale, min, max }: Bounds,
  ends: readonly [string, string],
): TemplateResult {
  const tokens = pairing.left.map((token, pos) => bothTokens(token, pairing.right[pos]!));
  const square = shown.rowAxis === 'query';
  const rows = square ? tokens : map.rows.map(rowName);
  const cols = [pointed ? pointed.col : over].filter((col) => col !== null && col < tokens.length);
  return html`<div class="panel">
    <div class="panel-head"><span>${name}</span>
      <span class="legend"><span>${ends[0]}</span><span .style=${`background: ${gradient(scale)}`}></span><span>${ends[1]}</span></span></div>
    <fluoro-heatmap
      part=${`figure ${part}`}
      label=${`${name}: ${shown.tensor}, a row per ${shown.rowAxis}, a column per ${square ? 'key' : 'token'}`}
      .matrix=${matrix}
      .rowLabels=${rows}
      .colLabels=${tokens}
      .scale=${scale}
      .min=${min}
      .max=${max}
      .cellHeight=${square ? null : 15}
      .maxCell=${square ? 26 : 44}
      .active=${active}
      .hoverRow=${pointed && pointed.row < rows.length ? pointed.row : null}
      .hoverCols=${cols}
      .describeCell=${(cell: Cell, value: number) =>
        cell.row < rows.length && cell.col < tokens.length
          ? `${placeOf(shown, pairing, map, rowName, cell)}, ${isVoid(matrix, cell) ? 'masked' : `${name} ${formatValue(value)}`}`
          : ''}
      @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => onChoose(detail)}
      @fluoro-cell-hover=${({ detail }: CustomEvent<Cell | null>) => onPoint(detail)}
    ></fluoro-heatmap>
  </div>`;
}

function isVoid({ cols, isVoid }: Matrix, { row, col }: Cell): boolean {
  return isVoid?.(row * cols + col) ?? false;
}

/** A cell in words. */
function placeOf(
  { rowAxis }: PairedTensor,
  { left, right, first }: Pairing,
  { rows }: PairedMap,
  rowName: (index: number) => string,
  { row, col }: Cell,
): string {
  const token = (pos: number) => `${bothTokens(left[pos]!, right[pos]!)} (${pos + first})`;
  if (rowAxis === 'query') return `from ${token(row)} to ${token(col)}`;
  return `${rowAxis === 'vocab' ? 'the logit of' : rowAxis} ${rowName(rows[row]!)} ${rowAxis === 'vocab' ? 'after' : 'on'} ${token(col)}`;
}

/** The selected cell, or the one under the pointer, on both sides. */
function readout(view: MapsView): TemplateResult | typeof nothing {
  const { kind, pairing, shown, map, active, pointed, rowName } = view;
  const { rows, cols } = map.difference;
  const cell = pointed && pointed.row < rows && pointed.col < cols ? pointed : active;
  const i = cell.row * cols + cell.col;
  const [a, b, difference] = [map.left, map.right, map.difference].map(({ values }) => values[i]!);
  if (a === undefined || b === undefined || difference === undefined) return nothing;
  const place = placeOf(shown, pairing, map, rowName, cell);
  if (isVoid(map.difference, cell)) return html`${place}: masked`;
  const [left, right] = sideNames[kind];
  return html`${place}: <strong>${formatValue(a)}</strong> <span class="muted">${left}</span> →
    <strong>${formatValue(b)}</strong> <span class="muted">${right}</span>, difference <strong>${formatValue(difference)}</strong>`;
}

export const styles = css`
  .tensor {
    margin-top: 1.25rem;
  }
  .tensor-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: baseline;
    margin-bottom: 0.5rem;
  }
  output {
    display: block;
    min-height: 3em;
    margin-top: 0.5rem;
  }
  .maps {
    display: grid;
    gap: 1rem;
  }
  .maps > * {
    min-width: 0;
  }
  @container (min-width: 44rem) {
    .maps {
      grid-template-columns: repeat(3, 1fr);
    }
  }
  .panel-head {
    margin-bottom: 0.25rem;
    font-size: 0.8125rem;
    font-weight: 600;
  }
  .panel-head .legend {
    font-weight: 400;
  }
  .legend > span:nth-child(2) {
    width: 3.5rem;
  }
  @media print {
    .panel {
      container-type: inline-size;
    }
    fluoro-heatmap::part(canvas) {
      max-width: 100cqw;
      height: auto !important;
    }
  }
`;
