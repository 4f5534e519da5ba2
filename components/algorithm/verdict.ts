/** A verdict in words, with a mark and a colour. */
import { css, html, type TemplateResult } from 'lit';
import type { Verdict } from '../../src/index';

const MARKS: Readonly<Record<Verdict, string>> = { recovered: '✓', rejected: '✗', unknown: '?' };

export function verdictView(verdict: Verdict): TemplateResult {
  return html`<span part="verdict" class=${`verdict ${verdict}`}><span aria-hidden="true">${MARKS[verdict]}</span> ${verdict}</span>`;
}

export const verdictStyles = css`
  .verdict {
    font-weight: 600;
    white-space: nowrap;
  }
  .recovered {
    color: light-dark(#00705a, #4fe3b1);
  }
  .rejected {
    color: var(--_danger);
  }
  .unknown {
    color: var(--_muted);
  }
  @media (forced-colors: active) {
    .verdict {
      color: CanvasText;
    }
  }
`;
