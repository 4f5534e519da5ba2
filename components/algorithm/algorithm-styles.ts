import { css } from 'lit';

export const algorithmStyles = css`
  :host {
    container-type: inline-size;
  }
  section {
    margin-top: 1.75rem;
  }
  .columns {
    display: grid;
    gap: 1.5rem 2.5rem;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 52rem) {
    .columns {
      grid-template-columns: 1fr 1fr;
    }
  }
  .title {
    margin-bottom: 0.5rem;
    font-weight: 600;
  }
  .title .muted {
    font-weight: 400;
  }
  .lead {
    max-width: 52rem;
    margin-bottom: 0.75rem;
  }
  b,
  output strong {
    font: 600 0.875em var(--_mono);
  }
  [part='note'] {
    margin-top: 0.5rem;
  }
`;
