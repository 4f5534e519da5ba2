/** Tokens that are expected, the likeliest first, each with a bar as long as its probability. */
import { css, html, type TemplateResult } from 'lit';
import { formatPercent, formatValue, visibleToken } from './text';

export interface LikelyToken {
  readonly id: number;
  readonly text: string;
  /** Derived: the pass holds logits. */
  readonly probability: number;
  readonly logit: number;
  /** The one that is followed. */
  readonly marked?: boolean;
}

export function tokenList(tokens: readonly LikelyToken[]): TemplateResult {
  return html`<ol class="likely">
    ${tokens.map(
      ({ id, text, probability, logit, marked }) => html`<li class=${marked ? 'marked' : ''}>
        <span>${visibleToken(text)}</span>
        <span class="bar" aria-hidden="true" .style=${`--share: ${(100 * probability).toFixed(2)}%`}><i></i></span>
        <span title="probability, derived">${formatPercent(probability)}</span>
        <span class="muted" title=${`logit, token id ${id}`}>${formatValue(logit)}</span>
      </li>`,
    )}
  </ol>`;
}

export const tokenListStyles = css`
  .likely {
    display: grid;
    grid-template-columns: fit-content(60%) 1fr max-content max-content;
    gap: 0.2rem 0.75rem;
    margin: 0;
    padding: 0;
    list-style: none;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .likely li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
  }
  .likely li > :first-child {
    overflow-wrap: anywhere;
  }
  .likely .marked > :first-child {
    font-weight: 700;
    text-decoration: underline var(--_accent) 2px;
    text-underline-offset: 3px;
  }
  .likely li > :nth-child(n + 3) {
    text-align: right;
  }
  .bar {
    height: 0.5rem;
    border-radius: 2px;
    background: var(--_sunken);
  }
  .bar i {
    display: block;
    width: var(--share);
    height: 100%;
    border-radius: 2px;
    background: var(--_accent);
  }
  @media (forced-colors: active) {
    .bar {
      forced-color-adjust: none;
      background: none;
      outline: 1px solid GrayText;
    }
    .bar i {
      background: CanvasText;
    }
  }
`;
