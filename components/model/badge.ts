/** Whose values a page shows, in one word, with the sentence that says it in full. */
import { css, html, type TemplateResult } from 'lit';
import type { Trace } from '../../src/viewer';

const WORDS: Readonly<Record<Trace['kind'], string>> = {
  recorded: 'recorded',
  live: 'live',
  reference: 'CPU reference',
};

/** @param explanation undefined while it has not come */
export function badgeView({ kind }: Trace, explanation: string | undefined): TemplateResult {
  return html`<details class="badge">
    <summary part="badge" class=${kind}>${WORDS[kind]}</summary>
    <p part="explanation">${explanation}</p>
  </details>`;
}

export const badgeStyles = css`
  .badge {
    margin-bottom: 0.375rem;
  }
  summary {
    display: inline-block;
    padding: 0 0.6em;
    border: 1px solid currentcolor;
    border-radius: 999px;
    color: var(--_muted);
    font-size: 0.75rem;
    line-height: 1.6;
    white-space: nowrap;
    cursor: help;
  }
  summary::before {
    content: '';
    display: inline-block;
    width: 0.5em;
    height: 0.5em;
    margin-right: 0.45em;
    border: 1px solid currentcolor;
    border-radius: 50%;
  }
  summary.live {
    color: var(--_accent);
  }
  summary.live::before,
  summary.reference::before {
    background: currentcolor;
  }
`;
