import { html, type TemplateResult } from 'lit';

/** How to begin, where there is nothing to compare yet. */
export function beginView(head: string, onSilence: () => void): TemplateResult {
  return html`<slot name="fallback"><div part="begin" class="notice">
      <p>Nothing is edited yet, so there is nothing to compare. Edit something, here or in a figure beside this one, or write
        another prompt.</p>
      <button part="silence" @click=${onSilence}>Silence head ${head}</button>
    </div></slot>`;
}
