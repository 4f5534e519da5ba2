/** The way from where one started to the number that is shown. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Place } from './place';

export interface Trail {
  /** From the start to what is shown. */
  readonly places: readonly Place[];
  readonly text: (place: Place) => string;
  readonly onChoose: (step: number) => void;
}

export function trailView({ places, text, onChoose }: Trail): TemplateResult | typeof nothing {
  if (places.length < 2) return nothing;
  const last = places.length - 1;
  return html`<div role="group" part="trail" aria-label="Trail of explained numbers">
    <ol>
      ${places.map((place, i) => {
        const name = html`<span class="name">${place.tensor}</span> <span class="at">${text(place)}</span>`;
        return i === last
          ? html`<li><span class="here" aria-current="true">${name}</span></li>`
          : html`<li><button @click=${() => onChoose(i)}>${name}</button></li>`;
      })}
    </ol>
  </div>`;
}

export const trailStyles = css`
  [part='trail'] ol {
    display: flex;
    flex-wrap: wrap;
    gap: 0.35rem 0.25rem;
    margin: 0 0 1rem;
    padding: 0;
    list-style: none;
  }
  [part='trail'] li {
    display: flex;
    gap: 0.25rem;
    align-items: center;
    min-width: 0;
  }
  [part='trail'] li + li::before {
    content: '←';
    color: var(--_muted);
  }
  [part='trail'] button,
  [part='trail'] .here {
    min-width: 0;
    padding: 0.15em 0.5em;
    font-size: 0.75rem;
    text-align: left;
  }
  [part='trail'] .name {
    font-size: 0.75rem;
  }
  [part='trail'] .here {
    border: 1px solid transparent;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  [part='trail'] .at {
    color: var(--_muted);
  }
`;
