import { html, type LitElement, type TemplateResult } from 'lit';

/** Keys that are held down reach many places; the last one is spoken. */
const SETTLE_MS = 120;

/** A polite live region: says in a sentence what a reader has reached or done, once it has come to rest. */
export class LiveRegion {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: LitElement) {}

  /** Written without the host being drawn again. */
  say(sentence: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const region = this.host.renderRoot.querySelector('[data-live]');
      if (region) region.textContent = sentence === region.textContent ? `${sentence}\u00a0` : sentence; // Spoken again.
    }, SETTLE_MS);
  }

  render(): TemplateResult {
    return html`<div class="hidden" role="status" aria-live="polite" data-live></div>`;
  }
}
