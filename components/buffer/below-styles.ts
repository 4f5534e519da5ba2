import { css } from 'lit';

export const belowStyles = css`
  .foot {
    margin-top: 0.5rem;
  }
  .legends {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
  }
  .legend {
    white-space: nowrap;
  }
  .legend > span.word:nth-child(2) {
    width: auto;
    height: auto;
  }
  .legend svg {
    width: 1.5rem;
    height: 0.75rem;
    border-radius: 2px;
    forced-color-adjust: none;
  }
  output {
    display: block;
    min-height: 3em;
    margin-top: 0.5rem;
    overflow-wrap: anywhere;
  }
  output b {
    font: 600 0.875rem var(--_mono);
  }
  .pointed {
    min-height: 1.5em;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .columns {
    display: grid;
    gap: 1.25rem 2.5rem;
    margin: 1rem 0;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 44rem) {
    .columns {
      grid-template-columns: 1fr 1fr;
    }
  }
  @media print {
    .hint,
    .pointed,
    details:not([open]) {
      display: none;
    }
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(7.75rem, 100%), 1fr));
    gap: 0.5rem 1.25rem;
    margin: 0.5rem 0;
  }
  dt {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  dd {
    margin: 0;
    font: 0.875rem / 1.5 var(--_mono);
    overflow-wrap: anywhere;
  }
  .place {
    padding: 0;
    border: 0;
    border-bottom: 1px solid currentColor;
    border-radius: 0;
    background: none;
    color: var(--_accent);
    font: inherit;
  }
  .problem .place {
    color: inherit;
    font-weight: 700;
  }
  .histogram {
    display: block;
    width: 100%;
    height: 7rem;
    margin-top: 0.5rem;
    border-bottom: 1px solid var(--_line);
    fill: var(--_accent);
  }
  .ends {
    display: flex;
    justify-content: space-between;
    gap: 1rem;
    font-family: var(--_mono);
  }
  .scroll {
    overflow: auto;
    max-height: 24rem;
    margin-top: 0.5rem;
  }
  table {
    border-collapse: collapse;
    font: 0.8125rem / 1.45 var(--_mono);
  }
  caption {
    text-align: left;
  }
  th,
  td {
    padding: 0.2rem 0.6rem;
    border-top: 1px solid var(--_line);
    text-align: right;
    white-space: nowrap;
  }
  th {
    color: var(--_muted);
    font-weight: 400;
  }
  td.chosen {
    outline: 2px solid var(--_accent);
    outline-offset: -2px;
  }
  @media (forced-colors: active) {
    .histogram {
      fill: CanvasText;
    }
    td.chosen {
      outline-color: Highlight;
    }
  }
`;
