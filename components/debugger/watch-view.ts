/** The button that looks for NaN and infinities, and what it found. */
import { html, nothing, type TemplateResult } from 'lit';
import type { WatchFinding } from '../../src/index';
import type { Debugging } from './debugging';
import { describeWatched } from './words';

/** @param onShow the reader wants to see the number */
export function watchView(debugging: Debugging, onShow: (finding: WatchFinding) => void): TemplateResult {
  const { watched, busy, edits } = debugging;
  const what = edits.length > 0 ? 'in the steps that have run' : 'in the whole pass';
  return html`<section role="group" aria-label="Watch">
    <button part="watch" aria-disabled=${busy ? 'true' : 'false'} @click=${() => void debugging.watch()}>Find NaN and Inf ${what}</button>
    <div part="watched" role="status">${
      watched
        ? html`<p class=${watched.finding ? 'problem' : ''}>${describeWatched(watched)}</p>
          ${watched.finding ? html`<button part="show" @click=${() => onShow(watched.finding!)}>Show it</button>` : nothing}`
        : nothing
    }</div>
  </section>`;
}
