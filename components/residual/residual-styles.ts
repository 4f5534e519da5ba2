import { css } from 'lit';

export const residualStyles = css`
  :host {
    container-type: inline-size;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
    margin-bottom: 0.5rem;
  }
  .title {
    font-size: 0.9375rem;
    font-weight: 600;
  }
  b,
  strong {
    font: 600 0.875rem var(--_mono);
  }
  .columns {
    display: grid;
    gap: 1rem 1.5rem;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 46rem) {
    .columns {
      grid-template-columns: 3fr 2fr;
    }
  }
  .keys {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1rem;
    color: var(--_muted);
    font-size: 0.75rem;
  }
  .keys > span {
    display: inline-flex;
    gap: 0.35rem;
    align-items: center;
  }
  .keys i {
    width: 1.1rem;
    border-top: 2px solid var(--kind);
  }
  .keys .position i {
    border-top-style: dotted;
  }
  .keys .edit i {
    border-top-style: dashed;
  }
  @media (forced-colors: active) {
    .keys i {
      forced-color-adjust: none;
    }
    .keys .mlp i {
      border-top-style: dashed;
    }
  }
  output {
    display: block;
    min-height: 3em;
    margin-top: 0.5rem;
  }
  fluoro-edit-actions {
    min-height: 2rem;
    margin-top: 0.5rem;
  }
`;
