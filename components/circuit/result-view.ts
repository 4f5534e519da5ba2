/** A found circuit: what it is of, the graph, the slider, the selected node's edges and the selected edge in words. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { formatPercent, formatShort, formatValue, visibleToken } from '../shared/text';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { edgeId, MOST_DRAWN, metricInWords, shownEdges, stopsOf } from './effects';
import { graphView, touches } from './graph-view';
import { layOut } from './layout';
import type { NodeName } from './nodes';

export interface ResultView {
  readonly circuit: Circuit;
  readonly nodes: readonly NodeName[];
  /** CSS pixels for the graph. */
  readonly width: number;
  /** The smallest effect that is shown, nats. */
  readonly least: number;
  readonly node: string;
  readonly edge: string | null;
  /** What of it is not as the reader may think. */
  readonly notes: readonly string[];
  /** What comes after the graph. */
  readonly below: typeof import('./below') | null;
  readonly onLeast: (least: number) => void;
  readonly onNode: (id: string) => void;
  readonly onEdge: (edge: CircuitEdge) => void;
}

export function resultView(view: ResultView): TemplateResult {
  const { circuit, nodes, width, least, node, edge, notes, below, onNode, onEdge } = view;
  const edges = shownEdges(circuit, least);
  const layout = layOut(nodes, width);
  const chosen = edges.find((one) => edgeId(one) === edge);
  const own = edges.filter((one) => touches(one, node));
  return html`<section role="group" aria-label="The circuit">
    ${heading(circuit)}
    ${notes.length > 0 ? html`<p part="notes" class="notes">${notes.join(' ')}</p>` : nothing}
    ${slider(view, edges.length)}
    <div class="columns">
      <div class="scroll">${graphView({ circuit, layout, edges, node, edge, onNode, onEdge })}</div>
      ${below?.sideView({ circuit, node, own, chosen: chosen ?? null, edge, onEdge })}
    </div>
    ${below?.methodView(circuit)}
  </section>`;
}

function heading(circuit: Circuit): TemplateResult {
  const { metric, clean, circuit: own, empty, faithfulness, kl, emptyKl, edges, total } = circuit;
  const kept = edges.filter((edge) => edge.kept).length;
  const unit = metric.unit === metric.name ? '' : ` ${metric.unit}`;
  return html`<p part="summary" class="summary"><b>${kept}</b> of ${total} edges make the circuit. Its faithfulness is
      <b>${Number.isFinite(faithfulness) ? formatPercent(faithfulness) : 'undefined'}</b>, (circuit − no edges) / (whole model − no edges)
      of the ${metricInWords(circuit)}: whole model <b>${formatValue(clean)}</b>, circuit <b>${formatValue(own)}</b>, no edges
      <b>${formatValue(empty)}</b>${unit}. <span class="muted">KL to the clean run: circuit ${formatValue(kl)}, no edges
      ${formatValue(emptyKl)} nats.</span></p>
    ${prompts(circuit)}`;
}

/** Both prompts, with what differs marked. */
function prompts({ labels, corruptedLabels }: Circuit): TemplateResult {
  const differs = (pos: number) => labels[pos] !== corruptedLabels[pos];
  const row = (name: string, tokens: readonly string[]) => html`<div class="prompt"><span class="muted">${name}</span>
    <span>${tokens.map((token, pos) => html`<span class=${differs(pos) ? 'token other' : 'token'}>${visibleToken(token)}</span> `)}</span></div>`;
  return html`<div part="prompts" class="prompts">${row('prompt', labels)}${row('corrupted', corruptedLabels)}</div>`;
}

function slider({ circuit, least, onLeast }: ResultView, shown: number): TemplateResult {
  const stops = stopsOf(circuit);
  const at = stops.findIndex((stop) => stop >= least);
  const position = at < 0 ? stops.length : at;
  const tested = circuit.edges.filter(({ effect }) => effect !== null).length;
  const says = `${shown} of ${tested} tested edges: those without which the KL grew by ${formatShort(least)} nats or more`;
  const change = ({ target }: Event) => {
    const stop = stops[Number((target as HTMLInputElement).value)];
    if (stop !== undefined) onLeast(stop);
  };
  return html`<div class="slider">
    <label for="least">Show from</label>
    <input id="least" part="least" type="range" min="0" max=${Math.max(0, stops.length - 1)} step="1"
      .value=${String(position)} aria-valuetext=${says} @input=${change} />
    <span class="muted" part="shown">${says}${shown === MOST_DRAWN ? ', the strongest of them' : ''}.</span>
    ${legend()}
  </div>`;
}

function legend(): TemplateResult {
  const line = (kind: string, says: string) => html`<span
    ><svg width="34" height="8" aria-hidden="true" class="edge ${kind}"><path class="line" d="M 0 4 H 34" stroke-width="4"></path></svg>${says}</span
  >`;
  return html`<span part="legend" class="key">${line('helps', 'helps')}${line('hinders', 'works against it')}${line('removed', 'not in the circuit')}<span>the thicker, the more the KL grew without it</span></span>`;
}

export const resultStyles = css`
  .summary {
    margin: 0 0 0.5rem;
  }
  .prompts {
    margin-bottom: 0.75rem;
    font: 0.8125rem / 1.6 var(--_mono);
  }
  .prompt {
    display: grid;
    grid-template-columns: 5rem 1fr;
  }
  .prompt > .muted {
    font: 0.8125rem / 1.6 var(--_font);
  }
  .token.other {
    color: var(--_danger);
    font-weight: 700;
  }
  .notes {
    margin: 0 0 0.75rem;
    padding: 0.4rem 0.75rem;
    border-left: 3px solid var(--_accent);
    background: var(--_sunken);
    font-size: 0.875rem;
  }
  .slider {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
    margin-bottom: 0.75rem;
  }
  .slider input {
    flex: 1 1 9rem;
    max-width: 16rem;
    padding: 0;
    accent-color: var(--_accent);
  }
  .slider > .muted {
    flex: 1 1 16rem;
  }
  @media print {
    .slider label {
      display: none;
    }
  }
  .key {
    display: flex;
    flex: 1 1 100%;
    flex-wrap: wrap;
    gap: 0.25rem 1.25rem;
    color: var(--_muted);
    font-size: 0.75rem;
  }
  .key > span {
    display: inline-flex;
    gap: 0.5em;
    align-items: center;
  }
  .key .edge {
    cursor: default;
    --_helps: light-dark(#2f79b5, #68beff);
    --_hinders: light-dark(#c0423d, #ff8a6c);
  }
  .columns {
    display: grid;
    gap: 1rem 2rem;
  }
  .columns > * {
    min-width: 0;
  }
  @container (min-width: 46rem) {
    .columns {
      grid-template-columns: 3fr 2fr;
    }
  }
  b {
    font: 600 0.875rem var(--_mono);
  }
`;
