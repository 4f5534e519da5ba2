/** The look of a table of names in a box of its own that scrolls. */
import { css } from 'lit';

export const boxedTable = css`
  .box {
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font: 0.8125rem / 1.45 var(--_mono);
  }
  th,
  td {
    padding: 0.3rem 0.75rem;
    font-weight: 400;
    text-align: left;
    vertical-align: top;
    white-space: nowrap;
  }
  thead th {
    background: var(--_sunken);
    color: var(--_muted);
    font-family: var(--_font);
    font-weight: 600;
  }
  tbody tr > * {
    border-top: 1px solid var(--_line);
  }
`;
