/** What a reader chooses above a figure, and how that looks while what was chosen is on its way. */
import { css } from 'lit';

export const controlsStyles = css`
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    align-items: center;
    margin-bottom: 0.75rem;
  }
  .controls label {
    display: inline-flex;
    gap: 0.5rem;
    align-items: center;
    max-width: 100%;
  }
  .working {
    min-width: 5em;
  }
  .stale {
    opacity: 0.55;
    transition: opacity 150ms 150ms;
  }
`;
