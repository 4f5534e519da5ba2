/** The heads that were recognized for what they do, whatever hypothesis holds. */
import { css, html, type TemplateResult } from 'lit';
import type { ModelPart } from '../../src/index';
import { formatShort } from '../shared/text';
import type { Chosen } from './program-view';

export function partsView(parts: readonly ModelPart[], onPlace: (place: Chosen) => void): TemplateResult {
  const places = new Map(parts.map(({ place }) => [`${place.layer}.${place.head}`, place]));
  return html`<section role="group" aria-label="Parts that were recognized">
    <div class="title">Parts that were recognized</div>
    <ul part="parts">${[...places].map(
      ([name, head]) => html`<li>
        <button class="place" @click=${() => onPlace({ head })}>head ${name}</button>
        ${parts
          .filter(({ place }) => `${place.layer}.${place.head}` === name)
          .map(
            (part) => html` <span title=${`${part.says}; at least ${part.threshold}`}><b>${part.name}</b>
              <span class="muted">${formatShort(part.value)}${typeof part.left === 'number' ? `, ${formatShort(part.left)} of its effect left with exactly that` : ''}</span></span>`,
          )}
      </li>`,
    )}</ul>
  </section>`;
}

export const partsStyles = css`
  [part='parts'] {
    grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
  }
  [part='parts'] li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.125rem 0.75rem;
    align-items: baseline;
  }
`;
