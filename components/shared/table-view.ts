/** A figure's table as the reader opens it: a box of its own that scrolls, some rows at a time. */
import { html, nothing, type TemplateResult } from 'lit';
import type { FigureTable } from './figure-table';
import { formatValue } from './text';

export { tableViewStyles as styles } from './table-view-styles';

/** More rows at once would be thousands of nodes; the files hold all of them. */
export const ROWS_AT_ONCE = 200;

export interface TableView {
  readonly table: FigureTable;
  /** The first row that is shown. */
  readonly from: number;
  readonly onFrom: (row: number) => void;
}

export function tableView({ table, from, onFrom }: TableView): TemplateResult {
  const { caption, columns, rows, note } = table;
  const start = from < rows.length ? from : 0;
  const end = Math.min(rows.length, start + ROWS_AT_ONCE);
  const numeric = columns.map((_, col) => typeof rows[start]?.[col] === 'number');
  const look = (col: number) => (numeric[col] ? 'number' : '');
  return html`
    <div part="data-table" class="data-table" role="group" tabindex="0" aria-label=${`Table: ${caption}`}>
      <table>
        <caption>${caption}</caption>
        <thead>
          <tr>${columns.map((name, col) => html`<th scope="col" class=${look(col)}>${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows
            .slice(start, end)
            .map(
              (row) =>
                html`<tr>${row.map((cell, col) =>
                  col === 0
                    ? html`<th scope="row" class=${look(col)}>${cellText(cell)}</th>`
                    : html`<td class=${look(col)}>${cellText(cell)}</td>`,
                )}</tr>`,
            )}
        </tbody>
      </table>
    </div>
    ${note ? html`<p class="muted">${note}</p>` : nothing}
    ${rows.length > ROWS_AT_ONCE ? pages(start, end, rows.length, onFrom) : nothing}
  `;
}

function pages(start: number, end: number, count: number, onFrom: (row: number) => void): TemplateResult {
  return html`<div class="pages">
    <span class="muted" role="status">rows ${start + 1} to ${end} of ${count.toLocaleString('en')}</span>
    <button ?disabled=${start === 0} @click=${() => onFrom(Math.max(0, start - ROWS_AT_ONCE))}>Earlier rows</button>
    <button ?disabled=${end === count} @click=${() => onFrom(end)}>Later rows</button>
  </div>`;
}

function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  return Number.isInteger(cell) ? String(cell).replace('-', '−') : formatValue(cell);
}
