import { css } from 'lit';

export const compareStyles = css`
  :host {
    container-type: inline-size;
  }
  .stale {
    opacity: 0.55;
    transition: opacity 150ms 150ms;
  }
  .title {
    font-weight: 600;
  }
  b,
  strong {
    font: 600 0.8125rem var(--_mono);
  }
  .columns {
    display: grid;
    gap: 1rem 2rem;
    margin-top: 0.5rem;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 52rem) {
    .columns {
      grid-template-columns: 3fr 2fr;
    }
  }
  label {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.5rem;
    align-items: center;
  }
  .order {
    margin-bottom: 0.5rem;
    font-weight: 600;
  }
  select {
    max-width: 100%;
    padding: 0.15em 0.6em;
    font-weight: 400;
  }
  .room {
    height: 22rem;
  }
  @media (prefers-reduced-motion: reduce) {
    .stale {
      transition: none;
    }
  }
`;
