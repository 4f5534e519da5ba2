/** What comes beside the graph and below it: the edges of the selected node, the selected edge in words, the method. */
import { css, html, type TemplateResult } from 'lit';
import type { FigureTable } from '../shared/figure-table';
import { formatShort } from '../shared/text';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { edgeList, edgeListStyles } from './edge-list';
import { edgeInWords } from './edge-words';
import { shareOf } from './effects';
import { inWords } from './nodes';

export { notesOf } from './notes';

export interface SideView {
  readonly circuit: Circuit;
  readonly node: string;
  /** Those of the node that are shown. */
  readonly own: readonly CircuitEdge[];
  readonly chosen: CircuitEdge | null;
  readonly edge: string | null;
  readonly onEdge: (edge: CircuitEdge) => void;
}

export function sideView({ circuit, node, own, chosen, edge, onEdge }: SideView): TemplateResult {
  return html`<div class="side">
    <div class="title">Edges of <b>${inWords(node)}</b></div>
    ${
      own.length > 0
        ? edgeList({ circuit, label: `Edges of ${inWords(node)}`, edges: own, chosen: edge, onChoose: onEdge })
        : html`<p class="muted">None that is shown.</p>`
    }
    <output part="readout">${
      chosen
        ? html`<div class="title">${chosen.from} → ${chosen.to}</div>
            <p class="muted">From ${inWords(chosen.from)} to ${inWords(chosen.to)}.</p>
            ${edgeInWords(circuit, chosen).map((sentence) => html`<p>${sentence}</p>`)}`
        : html`<p class="muted">Choose an edge, in the graph or in the list, for its numbers.</p>`
    }</output>
  </div>`;
}

export function methodView(circuit: Circuit): TemplateResult {
  return html`<p part="method" class="muted method">${method(circuit)}</p>`;
}

function method({ asked, done, total, complete, seconds, adapter, edges }: Circuit): string {
  const measured = edges.filter(({ path }) => path !== null).length;
  const tested = complete ? `all ${total} edges` : `${done} of ${total} edges`;
  return (
    `Width: how much the KL to the clean run grows without the edge, measured by running the model without it (ACDC with exact patching, ` +
    `threshold ${asked.threshold} nats, ${tested} tested, from the last reader to the first, each beside those removed before). ` +
    `Colour and dashes: which way the metric goes when this path alone carries the corrupted prompt’s information (path patching, ` +
    `${measured} edges). Took ${formatShort(seconds)} s on ${adapter}.`
  );
}

export function circuitTable(circuit: Circuit): FigureTable {
  return {
    caption: 'Edges of the search for a circuit, those that read last first',
    columns: [
      'from',
      'to',
      'in the circuit',
      'KL without it, nats',
      `${circuit.metric.name} along it`,
      'share of the way',
    ],
    rows: circuit.edges.map((edge) => [
      edge.from,
      edge.to,
      edge.kept ? 'yes' : 'no',
      edge.effect ?? 'not tested',
      edge.path ?? '',
      shareOf(circuit, edge) ?? '',
    ]),
  };
}

export const styles = css`
  ${edgeListStyles}
  .title {
    margin: 0 0 0.35rem;
    font-size: 0.9375rem;
    font-weight: 600;
  }
  output {
    display: grid;
    gap: 0.4rem;
    min-height: 4em;
    margin-top: 1rem;
    font-size: 0.875rem;
  }
  output .title {
    margin: 0;
    font-family: var(--_mono);
  }
  .method {
    margin-top: 1rem;
  }
`;
