import { css } from 'lit';

export const lensStyles = css`
  :host {
    container-type: inline-size;
  }
  select {
    min-width: 0;
    max-width: 100%;
  }
  [type='checkbox'] {
    margin: 0;
    accent-color: var(--_accent);
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.25rem;
    align-items: center;
    justify-content: space-between;
    margin-top: 0.5rem;
  }
  .legend {
    white-space: nowrap;
  }
  .columns {
    display: grid;
    gap: 1.25rem 2.5rem;
    margin-top: 1.25rem;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 44rem) {
    .columns {
      grid-template-columns: 1fr 1fr;
    }
  }
  .title {
    margin: 0 0 0.5rem;
    font-size: 0.9375rem;
    font-weight: 600;
  }
  output {
    display: block;
  }
  b {
    font: 600 0.875rem var(--_mono);
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.75rem;
    margin: 0.75rem 0 0.5rem;
  }
  dt {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  dd {
    margin: 0;
    font: 0.875rem / 1.5 var(--_mono);
  }
`;
