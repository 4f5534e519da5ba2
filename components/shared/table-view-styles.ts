import { css } from 'lit';

export const tableViewStyles = css`
  .data-table {
    max-height: 24rem;
    margin-top: 0.75rem;
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }
  .data-table table {
    width: 100%;
    border-collapse: collapse;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .data-table caption {
    padding: 0.5rem 0.75rem;
    color: var(--_muted);
    font: 0.8125rem / 1.5 var(--_font);
    text-align: left;
  }
  .data-table :is(th, td) {
    padding: 0.2rem 0.75rem;
    border-top: 1px solid var(--_line);
    font-weight: 400;
    text-align: left;
    white-space: nowrap;
  }
  .data-table thead th {
    position: sticky;
    top: 0;
    background: var(--_sunken);
    color: var(--_muted);
    font: 600 0.8125rem / 1.5 var(--_font);
  }
  .data-table .number {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .pages {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    margin-top: 0.5rem;
    font-size: 0.875rem;
  }
  @media print {
    .data-table {
      max-height: none;
      overflow: visible;
    }
    .data-table :is(th, td) {
      padding: 0.2rem 0.35rem;
      white-space: normal;
      overflow-wrap: anywhere;
    }
    .data-table thead th {
      position: static;
    }
    .pages button {
      display: none;
    }
  }
`;
