/** What comes after the map: the followed token in words, and the lens as a table. */
import { html, type TemplateResult } from 'lit';
import type { LensRow } from '../../src/index';
import { visibleToken } from '../shared/text';
import { NO_NUMBERS } from '../tokens/next-tokens';
import { knownFrom, type Lens } from './lens-data';

export { lensTable } from './lens-table';

export function followedIn(lens: Lens, { pos, top, followed }: LensRow): TemplateResult {
  if (top.length === 0) return html`<p>${NO_NUMBERS}</p>`;
  const unknown = lens.streams.at(-1)!.cells[pos]!.top.length === 0;
  if (!followed && unknown) return html`<p>In the end the logits hold NaN or infinities: the model has no answer.</p>`;
  if (!followed)
    return html`<p>Its next token, <b>${visibleToken(lens.labels[pos + 1] ?? '')}</b>, is none that the model can answer.</p>`;
  const which = pos === lens.labels.length - 1 ? "The model's own answer" : "The prompt's next token";
  const from = knownFrom(lens, pos);
  return html`<p>${which}, <b>${visibleToken(followed.text)}</b> <span class="muted">(id ${followed.token})</span>, is
    ${from ? html`the first choice from <b>${from.label}</b> on.` : unknown ? 'no first choice in the end: there the logits hold NaN or infinities.' : 'not the first choice in the end.'}</p>`;
}
