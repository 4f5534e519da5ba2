/** Values on both sides of zero as bars, one under the other: a listbox with one tab stop. */
import { css, html, type TemplateResult } from 'lit';
import { placeByKey } from '../shared/list-keys';
import type { Bar } from './attribution-data';

export interface Bars {
  readonly label: string;
  readonly bars: readonly Bar[];
  /** Name of the selected one. */
  readonly selected: string;
  readonly onChoose: (bar: Bar) => void;
}

export function barList({ label, bars, selected, onChoose }: Bars): TemplateResult {
  const finite = bars.map(({ value }) => value).filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  const high = finite.reduce((most, value) => Math.max(most, value), 0);
  const share = (value: number) => (high > low && Number.isFinite(value) ? (100 * value) / (high - low) : 0);
  const current = Math.max(
    0,
    bars.findIndex(({ name }) => name === selected),
  );
  const onKey = (event: KeyboardEvent) => {
    const target = placeByKey(event, current, bars.length - 1);
    if (target === null) return;
    event.preventDefault();
    onChoose(bars[target]!);
    (event.currentTarget as Element).querySelectorAll<HTMLElement>('[role="option"]')[target]!.focus();
  };
  return html`<div part="figure bars" role="listbox" aria-label=${label} .style=${`--zero: ${share(-low).toFixed(2)}%`} @keydown=${onKey}>
    ${bars.map(
      (bar, i) => html`<div
        part="bar"
        role="option"
        class=${bar.kind}
        tabindex=${i === current ? 0 : -1}
        aria-selected=${bar.name === selected ? 'true' : 'false'}
        title=${bar.name}
        @click=${() => onChoose(bar)}
      ><span>${bar.label}</span
        ><span class="track" aria-hidden="true"><span class="zero"></span><i class=${bar.value < 0 ? 'less' : 'more'} .style=${`--size: ${Math.abs(share(bar.value)).toFixed(2)}%`}></i></span
        ><span class="value">${signed(bar.value)}</span></div>`,
    )}
  </div>`;
}

/** Three decimals, with the sign that a reader can see. */
function signed(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return Number(text) === 0 || Number.isNaN(value) ? text : `${value < 0 ? '−' : '+'}${text}`;
}

export const barStyles = css`
  [role='listbox'] {
    columns: 24rem;
    column-gap: 2.5rem;
  }
  [role='option'] {
    display: grid;
    grid-template-columns: 7.5rem 1fr 4rem;
    gap: 0.75rem;
    align-items: center;
    padding: 0.1rem 0.4rem;
    border-radius: 4px;
    font: 0.8125rem / 1.5 var(--_mono);
    break-inside: avoid;
    cursor: pointer;
  }
  [role='option']:focus-visible {
    outline-offset: -2px;
  }
  [role='option']:hover {
    background: var(--_sunken);
  }
  [role='option'][aria-selected='true'] {
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
  }
  [role='option'] > :first-child {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .bias > :first-child,
  .rest > :first-child {
    color: var(--_muted);
  }
  .value {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .track i {
    width: var(--size);
  }
  .more {
    left: var(--zero);
  }
  .less {
    right: calc(100% - var(--zero));
  }
  @media (forced-colors: active) {
    [role='option'][aria-selected='true'] {
      forced-color-adjust: none;
      background: Canvas;
      color: CanvasText;
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
