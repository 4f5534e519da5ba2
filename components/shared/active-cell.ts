import { html, type TemplateResult } from 'lit';

export interface ActiveCell {
  readonly row: number;
  readonly col: number;
  /** What stands beside its row and above its column. */
  readonly rowHeader: string;
  readonly colHeader: string;
  readonly text: string;
}

/** The id of the cell that a grid's `aria-activedescendant` names. */
export function cellId({ row, col }: Pick<ActiveCell, 'row' | 'col'>): string {
  return `cell-${row}-${col}`;
}

/**
 * The rows of a grid of which only the active cell is in the document: the header above it, the one beside it, and the
 * cell. The grid counts one row and one column more than it has cells: those of the headers.
 */
export function activeCell(cell: ActiveCell): TemplateResult {
  const { row, col, rowHeader, colHeader, text } = cell;
  return html`
    <div role="row" class="hidden" aria-rowindex="1">
      <span role="columnheader" aria-colindex=${col + 2}>${colHeader}</span>
    </div>
    <div role="row" class="hidden" aria-rowindex=${row + 2}>
      <span role="rowheader" aria-colindex="1">${rowHeader}</span>
      <span role="gridcell" id=${cellId(cell)} aria-colindex=${col + 2} aria-selected="true">${text}</span>
    </div>
  `;
}
