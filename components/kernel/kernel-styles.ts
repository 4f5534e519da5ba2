import { css } from 'lit';

export const kernelStyles = css`
  h3,
  h4 {
    margin: 0 0 0.5rem;
    font-size: 1rem;
    font-weight: 600;
  }
  h4 {
    font-size: 0.9375rem;
  }
  section {
    margin-top: 1.25rem;
  }
  .head {
    margin-bottom: 0.75rem;
  }
  label {
    display: inline-flex;
    gap: 0.5rem;
    align-items: center;
  }
  select {
    max-width: 100%;
  }
  .tensor {
    white-space: normal;
  }
  .source {
    min-height: min(30rem, var(--fluoro-kernel-height, 30rem)); /* Most texts take it, and none jumps when it comes. */
    max-height: var(--fluoro-kernel-height, 30rem);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  @media print {
    .source {
      max-height: none;
    }
  }
  p.source {
    padding: 1rem;
    color: var(--_muted);
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr));
    gap: 0.5rem 1.5rem;
    margin: 0.75rem 0 0;
  }
  dt {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .constant {
    display: inline-block;
    margin-right: 1em;
  }
  ul {
    margin: 0.25rem 0;
    padding-left: 1.25rem;
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  .measure {
    margin-bottom: 0.75rem;
  }
  .measure [role='status'] {
    margin-top: 0.5rem;
  }
  b {
    font-weight: 600;
  }
  button[aria-disabled='true'] {
    color: var(--_muted);
    border-color: var(--_line);
    cursor: default;
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem;
  }
  @media (min-width: 64rem) {
    .columns {
      grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    }
  }
`;
