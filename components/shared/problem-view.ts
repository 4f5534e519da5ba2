import { html, nothing, type TemplateResult } from 'lit';
import { FluoroscopeError } from '../../src/viewer';

/** What is wrong in place of what is not there, and another try. @param part of the sentence */
export function problemView(error: Error, part: string, onRetry: () => void): TemplateResult {
  return html`<div class="notice">
    <p part=${part} class="problem" role="alert">${error.message}</p>
    ${codeView(error)} <button part="retry" @click=${onRetry}>Try again</button>
  </div>`;
}

export function codeView(error: Error): TemplateResult | typeof nothing {
  return error instanceof FluoroscopeError ? html` <code class="muted code">${error.code}</code>` : nothing;
}
