import { css } from 'lit';

export const deskStyles = css`
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.5rem 2rem;
  }
  .panels:not(:has(section)),
  .shader:empty {
    display: none;
  }
  .steps,
  .panels,
  .shader {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
    align-content: start;
    min-width: 0;
  }
  .panels {
    gap: 1.75rem;
  }
  section {
    min-width: 0;
  }
  section > h3 {
    margin: 0 0 0.35rem;
    font-size: 0.9375rem;
    font-weight: 600;
  }
  [hidden] {
    display: none;
  }
  [part='where'] {
    min-height: 4.5em;
    padding: 0.5rem 0.75rem;
    border-left: 3px solid var(--_accent);
    background: var(--_sunken);
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  [part='where'] p + p,
  [part='where'] pre {
    margin: 0.35rem 0 0;
  }
  pre {
    margin: 0.25rem 0;
    overflow-x: auto;
    font: 0.8125rem / 1.4 var(--_mono);
  }
  [part='watched'] {
    margin-top: 0.35rem;
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  @container (min-width: 60rem) {
    .columns:has(.panels > section) {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
    .shader {
      grid-column: 1 / -1;
    }
  }
  @media screen and (min-height: 48rem) {
    @container (min-width: 60rem) {
      .steps {
        position: sticky;
        top: var(--fluoro-debugger-top, 0px);
        align-self: start;
      }
    }
  }
  @media print {
    form,
    section > button {
      display: none;
    }
  }
`;
