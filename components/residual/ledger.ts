/** The stream of one token as a list: each stream and each write, with how much of it lies along the final stream. */
import { css, html, type TemplateResult } from 'lit';
import { placeByKey } from '../shared/list-keys';
import { formatShort } from '../shared/text';
import type { PlaceMeasures, Residual } from './read-residual';

export interface Ledger {
  readonly data: Residual;
  readonly pos: number;
  readonly selected: string;
  readonly onChoose: (place: PlaceMeasures) => void;
}

export function ledger({ data: { places }, pos, selected, onChoose }: Ledger): TemplateResult {
  const longest = Math.max(...places.map(({ length }) => length[pos]!), Number.MIN_VALUE);
  const least = Math.min(0, ...places.map((one) => reach(one, pos)));
  const span = longest - least;
  const share = (value: number) => `${((100 * value) / span).toFixed(2)}%`;
  const current = Math.max(
    0,
    places.findIndex(({ key }) => key === selected),
  );
  const onKey = (event: KeyboardEvent) => {
    const target = placeByKey(event, current, places.length - 1);
    if (target === null) return;
    event.preventDefault();
    onChoose(places[target]!);
    const box = event.currentTarget as Element;
    box.querySelectorAll<HTMLElement>('[role="option"]')[target]!.focus();
  };
  return html`<div part="ledger" class="ledger" role="listbox" aria-label="The stream and what is written into it"
      .style=${`--zero: ${share(-least)}`} @keydown=${onKey}>
    ${places.map((place, i) => {
      const [along, end] = [place.along[pos]!, reach(place, pos)];
      const size = (value: number) => `--size: ${share(Math.abs(value))}`;
      const angle = place.turn?.[pos] ?? Number.NaN;
      const cosine = place.cosine[pos]!;
      return html`<div part="place" role="option" class=${place.kind} tabindex=${i === current ? 0 : -1}
        aria-selected=${place.key === selected ? 'true' : 'false'} title=${place.key} @click=${() => onChoose(place)}
      ><span>${place.label}</span
        ><span class="track" aria-hidden="true"><i class=${end < 0 ? 'whole less' : 'whole more'} .style=${size(end)}></i
          ><i class=${along < 0 ? 'part less' : 'part more'} .style=${size(along)}></i></span
        ><span class="number"><span class="hidden">, </span>${formatShort(place.length[pos]!)}</span
        ><span class="number"><span class="hidden"> long, cosine </span>${Number.isNaN(cosine) ? '–' : formatShort(cosine)}<span class="hidden">${
          Number.isNaN(angle) ? '' : `, turns the stream by ${angle.toFixed(1)}°`
        }</span></span></div>`;
    })}
  </div>`;
}

/** How far a place's bar goes: its length, to the side to which it points. */
function reach({ length, along }: PlaceMeasures, pos: number): number {
  return along[pos]! < 0 ? -length[pos]! : length[pos]!;
}

export const ledgerStyles = css`
  .columns-of,
  .ledger [role='option'] {
    display: grid;
    grid-template-columns: 5rem 1fr 3.25rem 3.25rem;
    gap: 0.5rem;
    align-items: center;
    padding: 0 0.4rem;
    font: 0.75rem / 1.45 var(--_mono);
  }
  .columns-of {
    color: var(--_muted);
  }
  .columns-of > :nth-child(n + 3),
  .number {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .ledger {
    max-height: 25rem;
    overflow-y: auto;
  }
  .ledger [role='option'] {
    position: relative;
    border-radius: 4px;
    cursor: pointer;
  }
  .ledger [role='option']:hover {
    background: var(--_sunken);
  }
  .ledger [role='option']:focus-visible {
    outline-offset: -2px;
  }
  .ledger [aria-selected='true'] {
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
  }
  .ledger .stream > :first-child {
    font-weight: 700;
  }
  .ledger .stream {
    --kind: var(--_text);
  }
  .track {
    position: relative;
    height: 1rem;
  }
  .track::before {
    content: '';
    position: absolute;
    inset: 0 auto 0 calc(var(--zero) - 0.5px);
    width: 1px;
    background: var(--_muted);
    opacity: 0.6;
  }
  .track i {
    position: absolute;
    width: var(--size);
    background: var(--kind);
  }
  .track .whole {
    top: calc(50% - 0.5px);
    height: 1px;
    opacity: 0.7;
  }
  .track .part {
    top: 0.25rem;
    bottom: 0.25rem;
    border-radius: 1px;
  }
  .track .more {
    left: var(--zero);
  }
  .track .less {
    right: calc(100% - var(--zero));
  }
  @media print {
    .ledger {
      max-height: none;
    }
  }
  @media (forced-colors: active) {
    .track,
    .ledger [aria-selected='true'] {
      forced-color-adjust: none;
    }
    .track i,
    .track::before {
      background: CanvasText;
    }
    .ledger [aria-selected='true'] {
      background: Canvas;
      color: CanvasText;
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
