/** Which tensors differ, and how far: a listbox with one tab stop. */
import { css, html, type TemplateResult } from 'lit';
import type { ComparedTensor } from '../../src/viewer';
import { placeByKey } from '../shared/list-keys';
import { formatValue } from '../shared/text';

export const ORDERS = ['largest', 'relative', 'computation'] as const;
export type Order = (typeof ORDERS)[number];

export const orderWords: Readonly<Record<Order, string>> = {
  largest: 'by the largest |difference|',
  relative: 'by it over the largest |value|',
  computation: 'in the order of computation',
};

export function orderOf(text: string | null): Order {
  return ORDERS.find((order) => order === text) ?? 'largest';
}

/** The largest |difference| over the largest |value|; 0 where all is 0, Infinity where one of them is no number. */
export function relative({ largest, scale }: ComparedTensor): number {
  return largest === 0 ? 0 : largest / scale || Infinity;
}

export function ordered(tensors: readonly ComparedTensor[], order: Order): ComparedTensor[] {
  const by = { largest: ({ largest }: ComparedTensor) => largest, relative, computation: () => 0 }[order];
  return [...tensors].sort((a, b) => by(b) - by(a) || a.step - b.step);
}

export interface ListView {
  /** In the order in which they are shown. */
  readonly tensors: readonly ComparedTensor[];
  readonly order: Order;
  readonly selected: string | null;
  readonly onChoose: (tensor: string) => void;
}

export function listView({ tensors, order, selected, onChoose }: ListView): TemplateResult {
  const measure = order === 'relative' ? relative : ({ largest }: ComparedTensor) => largest;
  const most = Math.max(...tensors.map(measure).filter(Number.isFinite), Number.MIN_VALUE);
  const share = (one: ComparedTensor) => `${(100 * Math.min(1, measure(one) / most)).toFixed(2)}%`;
  const current = Math.max(
    0,
    tensors.findIndex(({ tensor }) => tensor === selected),
  );
  const onKey = (event: KeyboardEvent) => {
    const target = placeByKey(event, current, tensors.length - 1);
    if (target === null) return;
    event.preventDefault();
    onChoose(tensors[target]!.tensor);
    (event.currentTarget as Element).querySelectorAll<HTMLElement>('[role="option"]')[target]!.focus();
  };
  return html`
    <div class="list-head" aria-hidden="true"><span>tensor</span><span></span><span>max |diff|</span><span>differ</span></div>
    <div part="list" role="listbox" class="list" aria-label="Tensors, and how far they differ" @keydown=${onKey}>
      ${tensors.map(
        (one, i) => html`<div part="tensor" role="option" class=${one.count === 0 ? 'equal' : ''}
          tabindex=${i === current ? 0 : -1} aria-selected=${one.tensor === selected ? 'true' : 'false'}
          title=${`step ${one.step}, ${one.kernel}`} @click=${() => onChoose(one.tensor)}
        ><span class="name">${one.tensor}</span
          ><span class="bar" aria-hidden="true"><i .style=${`--size: ${share(one)}`}></i></span
          ><span class="number">${one.count === 0 ? 'equal' : Number.isFinite(one.largest) ? formatValue(one.largest) : 'not finite'}</span
          ><span class="number muted">${one.count === 0 ? '' : html`${one.count}<span class="hidden"> of ${one.of} values differ</span>`}</span></div>`,
      )}
    </div>
  `;
}

export const listStyles = css`
  .list-head,
  .list [role='option'] {
    display: grid;
    grid-template-columns: minmax(0, 13rem) minmax(1.5rem, 1fr) 5rem 4rem;
    gap: 0.5rem;
    align-items: center;
    padding: 0 0.4rem;
    font: 0.75rem / 1.6 var(--_mono);
  }
  .list-head {
    color: var(--_muted);
  }
  .list-head > :nth-child(n + 3),
  .list .number {
    text-align: right;
    font-size: inherit;
    font-variant-numeric: tabular-nums;
  }
  .list {
    max-height: 17rem;
    overflow-y: auto;
    border-block: 1px solid var(--_line);
  }
  .list [role='option'] {
    position: relative;
    border-radius: 3px;
    cursor: pointer;
  }
  .list .name {
    font-size: inherit;
  }
  .list .equal {
    color: var(--_muted);
  }
  .list [role='option']:hover {
    background: var(--_sunken);
  }
  .list [role='option']:focus-visible {
    outline-offset: -2px;
  }
  .list [aria-selected='true'] {
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
  }
  .bar {
    height: 0.5rem;
  }
  .bar i {
    display: block;
    width: var(--size);
    height: 100%;
    border-radius: 1px;
    background: var(--_accent);
  }
  @container (max-width: 30rem) {
    .list-head,
    .list [role='option'] {
      grid-template-columns: minmax(0, 1fr) 5rem 3.5rem;
    }
    .list-head > :nth-child(2),
    .list .bar {
      display: none;
    }
  }
  @media print {
    .list {
      max-height: none;
    }
  }
  @media (forced-colors: active) {
    .bar i {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .list [aria-selected='true'] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
