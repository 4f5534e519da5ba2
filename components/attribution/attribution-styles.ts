import { css } from 'lit';

export const attributionStyles = css`
  input {
    field-sizing: content; /* Tokens are long and short; where it is not known, the field is as wide as its size says. */
    min-width: 5.5rem;
    max-width: 100%;
    font: 0.875rem / 1.5 var(--_mono);
  }
  input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  input[aria-invalid='true'] {
    border-color: var(--_danger);
  }
  .title {
    font-weight: 600;
  }
  b {
    font: 600 0.875rem var(--_mono);
  }
  .sum {
    margin: 0.25rem 0 1rem;
    font-size: 0.8125rem;
  }
  .sum:not(.problem) {
    color: var(--_muted);
  }
  .sum b {
    font-size: 0.8125rem;
    font-weight: 400;
    white-space: nowrap;
  }
  .sum:not(.problem) b {
    color: var(--_text);
  }
  .keys {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1rem;
    margin-bottom: 0.5rem;
    font-size: 0.75rem;
  }
  .keys i {
    display: inline-block;
    width: 1.1rem;
    height: 0.6rem;
    margin-right: 0.35rem;
    forced-color-adjust: none;
  }
  [part='error'] {
    margin-bottom: 0.5rem;
  }
  fluoro-edit-actions {
    min-height: 2rem;
    margin-top: 0.75rem;
  }
`;
