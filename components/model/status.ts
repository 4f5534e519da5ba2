/** What `<fluoro-model>` says above its content. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { FluoroscopeError } from '../../src/viewer';
import type { ModelState } from '../shared/run-context';
import { formatBytes } from '../shared/text';
import type { LoadProgress } from './shared-models';

export interface Status {
  readonly state: ModelState;
  /** What is being loaded. */
  readonly what: string;
  readonly progress: LoadProgress | null;
  readonly error: Error | null;
  /** null where somebody else tells it. */
  readonly promptError: Error | null;
  readonly cancelled: boolean;
  readonly onCancel: () => void;
  readonly onRetry: () => void;
}

export function statusView(status: Status): TemplateResult | typeof nothing {
  const { state, what, error, promptError, cancelled, onCancel, onRetry } = status;
  if (state === 'loading') {
    const { received, total } = status.progress ?? { received: 0, total: null };
    const bytes = total === null ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`;
    const value = total ? received : nothing; // without a value the bar shows that the end is unknown
    return html`<div part="status" class="status">
      <p>Loading ${what}: ${received ? bytes : 'asking for it'}…</p>
      <progress part="progress" aria-label="Loading" max=${total ?? nothing} value=${value}></progress>
      <button @click=${onCancel}>Cancel</button>
    </div>`;
  }
  if (state === 'error' && error) {
    const code = error instanceof FluoroscopeError ? html` <code class="muted code">${error.code}</code>` : nothing;
    return html`<div part="status" class="status">
      <p class="problem">${error.message}${code}</p>
      <button @click=${onRetry}>Try again</button>
    </div>`;
  }
  if (cancelled) {
    return html`<div part="status" class="status">
      <p>Loading ${what} was cancelled.</p>
      <button @click=${onRetry}>Load it</button>
    </div>`;
  }
  return promptError ? html`<p part="status" class="status problem">${promptError.message}</p>` : nothing;
}

export const statusStyles = css`
  .status {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
    margin-bottom: 1rem;
    padding: 0.875rem 1rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .status p {
    flex: 1 1 16rem;
  }
  progress {
    flex: 1 1 10rem;
    height: 0.5rem;
    accent-color: var(--_accent);
  }
`;
