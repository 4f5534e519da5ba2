import { html, type TemplateResult } from 'lit';
import { axisLabel, type TokenAt } from './axes';
import type { Block } from './buffer-map';
import { longText } from './number-text';
import type { Buffer } from './read-buffer';
import { describeView } from './words';

const MOST_ROWS = 24;
const MOST_COLS = 12;

/** Up to so many indices that are in sight, with the active one among them. */
function window([from, to]: readonly [number, number], active: number, most: number): [number, number] {
  if (to - from <= most) return [from, to];
  const first = active >= from && active < to ? active - Math.floor(most / 2) : from;
  const start = Math.max(from, Math.min(to - most, first));
  return [start, start + most];
}

/** What the map has in sight, as a table: at most 24 rows by 12 columns, around the active cell. */
export function valueTable(
  buffer: Buffer,
  sight: Block,
  active: { row: number; col: number },
  tokenAt: TokenAt,
): TemplateResult {
  const { view, layout, values, name } = buffer;
  const rows = window(sight.rows, active.row, MOST_ROWS);
  const cols = window(sight.cols, active.col, MOST_COLS);
  const range = ([from, to]: [number, number]) => Array.from({ length: to - from }, (_, i) => from + i);
  const [rowLabel, colLabel] = [axisLabel(view.rows, tokenAt), axisLabel(view.cols, tokenAt)];
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Values as a table"><table>
    <caption class="muted">${name}: ${describeView(view, layout)}</caption>
    <tr><td></td>${range(cols).map((col) => html`<th scope="col">${colLabel(col)}</th>`)}</tr>
    ${range(rows).map(
      (row) =>
        html`<tr><th scope="row">${rowLabel(row)}</th>${range(cols).map(
          (col) =>
            html`<td class=${row === active.row && col === active.col ? 'chosen' : ''}>${longText(values, row * values.cols + col)}</td>`,
        )}</tr>`,
    )}
  </table></div>`;
}
