/** The frame that all figures share: the caption, the button of its menu, and how it is printed. */
import { css } from 'lit';

export const figureStyles = css`
  .frame {
    display: flow-root;
    margin: 0;
  }
  .frame > figcaption {
    padding-top: 0.5rem;
    color: var(--_muted);
    font-size: 0.875rem;
  }
  .frame > figcaption slot {
    display: block; /* Its text begins where the page's does. */
  }
  .figure-actions {
    float: right;
    margin: 0.25rem 0 0 1rem;
  }
  #actions-button {
    display: block;
    padding: 0.35rem 0.5rem;
    border-color: transparent;
    background: none;
    color: var(--_muted);
  }
  #actions-button:is(:hover, :focus-visible, [aria-expanded='true']) {
    border-color: var(--_line);
    color: var(--_text);
  }
  #actions-button svg {
    display: block;
    width: 1rem;
    height: 0.9rem;
    fill: currentColor;
  }
  @media print {
    :host {
      margin-bottom: 1.5rem;
    }
    .figure-actions {
      display: none;
    }
    .frame {
      break-inside: avoid;
    }
  }
`;
