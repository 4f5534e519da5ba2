/** Whose values a page shows, in one word, with the sentence that says it in full. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Trace } from '../../src/viewer';

const WORDS: Readonly<Record<Trace['kind'], string>> = {
  recorded: 'recorded',
  live: 'live',
  reference: 'CPU reference',
};

export function badgeView(trace: Trace | null, remark: string): TemplateResult | typeof nothing {
  if (!trace) return nothing;
  return html`<details class="badge">
    <summary part="badge" class=${trace.kind}>${WORDS[trace.kind]}</summary>
    <p part="explanation">${explain(trace)} ${remark}</p>
  </details>`;
}

function explain({ kind, info }: Trace): string {
  const adapter = info.adapter || 'an unnamed adapter';
  switch (kind) {
    case 'recorded':
      return `These are the values of a pass of ${info.model || 'a model'} that ran on ${adapter}, read from a file.`;
    case 'live':
      return `These values are read from the buffers of the pass that has just run on ${adapter}.`;
    case 'reference':
      return 'The same program has just run in this page, step by step, in float64 on the CPU.';
  }
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
  .badge p {
    margin-top: 0.25rem;
    max-width: 44rem;
    color: var(--_muted);
    font-size: 0.8125rem;
  }
`;
