import { css } from 'lit';

export const editsBarStyles = css`
  .edits {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    align-items: baseline;
    margin-bottom: 1rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--_line);
    border-left: 3px solid var(--_accent);
    border-radius: var(--_radius);
  }
  .edits .title {
    font-weight: 600;
  }
  .edits ul {
    display: flex;
    flex: 1 1 12rem;
    flex-wrap: wrap;
    gap: 0.375rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .edits li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: start;
    max-width: 100%;
    padding: 0.0625rem 0.0625rem 0.0625rem 0.5rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_sunken);
    overflow-wrap: anywhere;
  }
  .edits li.refused {
    border-color: var(--_danger);
  }
  .edits .words {
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .edits li button {
    min-width: 1.5rem;
    padding: 0 0.375rem;
    border-color: transparent;
    background: none;
  }
  .edits li button:hover {
    border-color: var(--_accent);
  }
  .edits li > :nth-child(n + 3) {
    grid-column: 1 / -1;
  }
  .edits p {
    margin: 0;
  }
  .edits .effect {
    margin-right: 0.5rem;
    color: var(--_muted);
    font-size: 0.75rem;
    overflow-wrap: anywhere;
  }
  .edits .problem {
    margin: 0.25rem 0.5rem 0.25rem 0;
    font-size: 0.8125rem;
  }
  @media print {
    .edits li button {
      display: none;
    }
  }
  .edits pre {
    margin: 0;
    overflow-x: auto;
    font: 0.75rem / 1.4 var(--_mono);
  }
`;
