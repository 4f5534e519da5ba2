/** Edges as rows, a listbox with one tab stop: the numbers, and the way for the keyboard to choose one. */
import { css, html, type TemplateResult } from 'lit';
import { formatShort } from '../shared/text';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { describeEdge, edgeId, pullOf } from './effects';

export interface EdgeList {
  readonly circuit: Circuit;
  readonly label: string;
  readonly edges: readonly CircuitEdge[];
  readonly chosen: string | null;
  readonly onChoose: (edge: CircuitEdge) => void;
}

export function edgeList({ circuit, label, edges, chosen, onChoose }: EdgeList): TemplateResult {
  const current = Math.max(
    0,
    edges.findIndex((edge) => edgeId(edge) === chosen),
  );
  const largest = Math.max(...circuit.edges.map(({ effect }) => effect ?? 0), Number.MIN_VALUE);
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ends = { Home: 0, End: edges.length - 1 }[event.key];
    if ((step === undefined && ends === undefined) || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const target = ends ?? Math.max(0, Math.min(edges.length - 1, current + step!));
    onChoose(edges[target]!);
    const list = event.currentTarget as Element;
    queueMicrotask(() => list.querySelectorAll<HTMLElement>('[role="option"]')[target]?.focus());
  };
  return html`<div part="edges" role="listbox" aria-label=${label} @keydown=${onKey}>
    ${edges.map((edge, i) => {
      const { from, to, effect } = edge;
      const is = edgeId(edge) === chosen;
      return html`<div
        role="option"
        class="row ${pullOf(circuit, edge)} ${edge.kept ? '' : 'removed'}"
        tabindex=${i === current ? 0 : -1}
        aria-selected=${is ? 'true' : 'false'}
        title=${describeEdge(circuit, edge)}
        @click=${() => onChoose(edge)}
      ><span class="ends">${from} → ${to}</span
        ><span class="track"><i .style=${`--size: ${((100 * Math.max(0, effect ?? 0)) / largest).toFixed(2)}%`}></i></span
        ><span class="value">${effect === null ? '–' : formatShort(effect)}</span></div>`;
    })}
  </div>`;
}

export const edgeListStyles = css`
  .row {
    display: grid;
    grid-template-columns: minmax(7.5rem, 1fr) minmax(3rem, 2fr) 3.5rem;
    gap: 0.6rem;
    align-items: center;
    padding: 0.1rem 0.4rem;
    border-radius: 4px;
    font: 0.8125rem / 1.6 var(--_mono);
    cursor: pointer;
  }
  .row:hover {
    background: var(--_sunken);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .row[aria-selected='true'] {
    background: color-mix(in srgb, var(--_accent) 14%, transparent);
  }
  .row.removed .ends {
    color: var(--_muted);
  }
  .row .value {
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .row .track i {
    display: block;
    width: var(--size);
    min-width: 1px;
    height: 0.65rem;
    border-radius: 1px;
    background: var(--_muted);
    forced-color-adjust: none;
  }
  .row.helps i {
    background: light-dark(#2f79b5, #68beff);
  }
  .row.hinders i {
    background: repeating-linear-gradient(90deg, light-dark(#c0423d, #ff8a6c) 0 6px, transparent 6px 9px);
  }
  @media (forced-colors: active) {
    .row .track i,
    .row.helps i {
      background: CanvasText;
    }
    .row.hinders i {
      background: repeating-linear-gradient(90deg, CanvasText 0 6px, Canvas 6px 9px);
    }
    .row[aria-selected='true'] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
