/** The graph as SVG: the nodes are a listbox with one tab stop, the edges are for the eye and the pointer. */
import { css, html, nothing, svg, type TemplateResult } from 'lit';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { describeEdge, edgeId, pullOf } from './effects';
import { edgePath, inputX, type Layout, type PlacedNode } from './layout';
import { endOf, inWords } from './nodes';

export interface GraphView {
  readonly circuit: Circuit;
  readonly layout: Layout;
  /** Largest first. */
  readonly edges: readonly CircuitEdge[];
  /** Ids of the selected node and edge. */
  readonly node: string;
  readonly edge: string | null;
  readonly onNode: (id: string) => void;
  readonly onEdge: (edge: CircuitEdge) => void;
}

const WIDEST = 9; // CSS pixels

export function graphView(view: GraphView): TemplateResult {
  const { circuit, layout, edges, node: selected, edge: chosen } = view;
  const { nodes, layers, width, height } = layout;
  const places = new Map(nodes.map((node) => [node.id, node]));
  const largest = edges[0]?.effect ?? 1;
  const touched = new Set(edges.flatMap(({ from, to }) => [from, endOf(to).node]));
  const inputs = new Set(edges.map(({ to }) => to));
  const onKey = (event: KeyboardEvent) => {
    const target = targetOf(event, layout, selected);
    if (!target) return;
    event.preventDefault();
    view.onNode(target.id);
    const list = event.currentTarget as Element;
    const at = nodes.indexOf(target);
    queueMicrotask(() => list.querySelectorAll<SVGElement>('[role="option"]')[at]?.focus());
  };
  return html`<svg
    part="figure graph"
    role="listbox"
    aria-label="Heads and MLPs, the embedding at the bottom, the logits at the top"
    viewBox="0 0 ${width} ${height}"
    width=${width}
    height=${height}
    @keydown=${onKey}
  >
    ${layers.map(({ layer, y }) => svg`<text class="layer" x="0" y=${y + 4} aria-hidden="true">L${layer}</text>`)}
    <g class="edges" aria-hidden="true">
      ${edges.toReversed().map((edge) => {
        const [from, to] = [places.get(edge.from), places.get(endOf(edge.to).node)];
        if (!from || !to) return nothing;
        const path = edgePath(layout, from, to, edge.to);
        const state = edgeId(edge) === chosen ? 'chosen' : touches(edge, selected) ? 'near' : '';
        const size = (1.2 + (WIDEST - 1.2) * Math.sqrt(Math.max(0, edge.effect!) / largest)).toFixed(2);
        return svg`<g class="edge ${pullOf(circuit, edge)} ${edge.kept ? '' : 'removed'} ${state}" data-edge=${edgeId(edge)}
          @click=${() => view.onEdge(edge)}>
          <title>${describeEdge(circuit, edge)}</title>
          <path class="hit" d=${path} fill="none"></path>
          <path class="line" part="edge" d=${path} fill="none" stroke-width=${size}></path>
        </g>`;
      })}
    </g>
    ${nodes.map((node) => {
      const { id, x, y, width: w, height: h, label, kind } = node;
      const used = touched.has(id);
      return svg`<g role="option" part="node" class="node ${used ? 'used' : 'idle'}" data-node=${id}
        tabindex=${id === selected ? 0 : -1} aria-selected=${id === selected ? 'true' : 'false'}
        aria-label=${describeNode(node, edges)} @click=${() => view.onNode(id)}>
        <rect x=${x - w / 2} y=${y - h / 2} width=${w} height=${h} rx=${kind === 'head' ? 8 : h / 2}></rect>
        <text x=${x} y=${kind === 'head' && used ? y : y + 4.5} text-anchor="middle">${label}</text>
      </g>`;
    })}
    <g class="inputs" aria-hidden="true">
      ${nodes
        .filter(({ id, kind }) => kind === 'head' && touched.has(id))
        .map(({ id, x, y, height: h }) =>
          (['q', 'k', 'v'] as const).map(
            (
              input,
            ) => svg`<text class=${inputs.has(`${id}.${input}`) ? 'read' : ''} x=${x + inputX(input)} y=${y + h / 2 - 4}
              text-anchor="middle">${input}</text>`,
          ),
        )}
    </g>
  </svg>`;
}

export function touches({ from, to }: CircuitEdge, node: string): boolean {
  return from === node || endOf(to).node === node;
}

function describeNode({ id }: PlacedNode, edges: readonly CircuitEdge[]): string {
  const into = edges.filter(({ to }) => endOf(to).node === id).length;
  const out = edges.filter(({ from }) => from === id).length;
  const name = id === 'embed' ? `embed, ${inWords(id)}` : inWords(id);
  if (into + out === 0) return `${name}, no edge shown`;
  return `${name}, ${into} in, ${out} out`;
}

/** Left and right within the row, up and down to the nearest node of the next one. */
function targetOf(event: KeyboardEvent, { nodes }: Layout, selected: string): PlacedNode | null {
  if (event.altKey || event.metaKey || event.ctrlKey) return null;
  const here = nodes.find(({ id }) => id === selected) ?? nodes[0]!;
  const at = nodes.indexOf(here);
  const inRow = (step: number) => {
    const next = nodes[at + step];
    return next && next.row === here.row ? next : here;
  };
  const beside = (step: number) => {
    const row = nodes.filter((node) => node.row === here.row + step);
    return row.reduce<PlacedNode>((best, node) => (near(node) < near(best) ? node : best), row[0] ?? here);
  };
  const near = ({ x }: PlacedNode) => Math.abs(x - here.x);
  switch (event.key) {
    case 'ArrowLeft':
      return inRow(-1);
    case 'ArrowRight':
      return inRow(1);
    case 'ArrowUp':
      return beside(1);
    case 'ArrowDown':
      return beside(-1);
    case 'Home':
      return nodes[0]!;
    case 'End':
      return nodes.at(-1)!;
    default:
      return null;
  }
}

export const graphStyles = css`
  .scroll {
    overflow-x: auto;
  }
  [part~='graph'] {
    display: block;
    margin-inline: auto;
    --_helps: light-dark(#2f79b5, #68beff);
    --_hinders: light-dark(#c0423d, #ff8a6c);
  }
  .layer {
    fill: var(--_muted);
    font: 0.75rem var(--_mono);
  }
  .edge {
    cursor: pointer;
  }
  .hit {
    stroke: transparent;
    stroke-width: 14;
    pointer-events: stroke;
  }
  .line {
    stroke: var(--_muted);
    stroke-opacity: 0.62;
    stroke-linecap: butt;
    pointer-events: none;
  }
  .helps .line {
    stroke: var(--_helps);
  }
  .hinders .line {
    stroke: var(--_hinders);
    stroke-dasharray: 7 4;
  }
  .removed .line {
    stroke-opacity: 0.45;
    stroke-dasharray: 1.5 3;
  }
  .near .line {
    stroke-opacity: 0.95;
  }
  .edge:hover .line,
  .chosen .line {
    stroke: var(--_accent);
    stroke-opacity: 1;
  }
  .node {
    cursor: pointer;
    outline: none;
  }
  .node rect {
    fill: var(--_surface);
    stroke: var(--_line);
    stroke-width: 1;
  }
  .node text {
    fill: var(--_muted);
    font: 0.75rem var(--_mono);
    pointer-events: none;
  }
  .node.used rect {
    stroke: var(--_text);
    stroke-width: 1.25;
  }
  .node.used text {
    fill: var(--_text);
    font-weight: 600;
  }
  .inputs text {
    fill: var(--_muted);
    font: 0.5625rem var(--_mono);
    pointer-events: none;
  }
  .inputs .read {
    fill: var(--_text);
    font-weight: 700;
  }
  .node[aria-selected='true'] rect {
    fill: color-mix(in srgb, var(--_accent) 16%, var(--_surface));
    stroke: var(--_accent);
    stroke-width: 2;
  }
  .node:focus-visible rect {
    stroke: var(--_accent);
    stroke-width: 3.5;
  }
  @media (forced-colors: active) {
    .line {
      stroke: CanvasText;
    }
    .chosen .line {
      stroke: Highlight;
    }
    .node rect {
      fill: Canvas;
      stroke: GrayText;
    }
    .node.used rect {
      stroke: CanvasText;
    }
    .node text,
    .inputs text {
      fill: CanvasText;
    }
    .node[aria-selected='true'] rect {
      stroke: Highlight;
    }
  }
`;
