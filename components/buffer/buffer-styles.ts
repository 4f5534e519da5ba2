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
  .foot {
    margin-top: 0.5rem;
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
  .room {
    min-height: 32rem;
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
  @media (prefers-reduced-motion: reduce) {
    .stale {
      transition: none;
    }
  }
  @media print {
    .controls,
    .sliders,
    .zoom,
    .actions,
    .hint,
    .pointed,
    details:not([open]) {
      display: none;
    }
  }
`;
