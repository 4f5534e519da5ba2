import { css } from 'lit';

export const bufferStyles = css`
  :host {
    container-type: inline-size;
  }
  .controls,
  .sliders,
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    align-items: center;
    margin-bottom: 0.75rem;
  }
  label,
  .slider {
    display: inline-flex;
    gap: 0.5rem;
    align-items: center;
    max-width: 100%;
  }
  .wide {
    flex: 0 1 auto;
  }
  select {
    min-width: 0;
    max-width: 100%;
  }
  input[type='range'] {
    flex: 1 1 6rem;
    min-width: 3rem;
    padding: 0;
    accent-color: var(--_accent);
  }
  input[type='number'] {
    width: 5.5rem;
  }
  [type='checkbox'] {
    margin: 0;
    accent-color: var(--_accent);
  }
  .working {
    min-width: 5em;
  }
  .stale {
    opacity: 0.55;
    transition: opacity 150ms 150ms;
  }
  .head,
  .foot {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    justify-content: space-between;
  }
  .head {
    margin-bottom: 0.5rem;
  }
  .title {
    margin: 0;
    font-size: 0.9375rem;
    font-weight: 600;
  }
  .title > * {
    font-weight: 400;
  }
  .title > .name {
    font-weight: 600;
  }
  .zoom {
    display: flex;
    gap: 0.25rem;
  }
  .zoom button {
    min-width: 2.25rem;
  }
  .room {
    min-height: 29rem;
  }
  @container (max-width: 44rem) {
    .room {
      min-height: 39rem;
    }
  }
  @container (max-width: 26rem) {
    .room {
      min-height: 52rem;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .stale {
      transition: none;
    }
  }
  @media print {
    .controls,
    .sliders,
    .zoom,
    .actions {
      display: none;
    }
  }
`;
