/** The stream of one token as a path: each write moves it, in length and in its angle with the final stream. */
import { css, html, nothing, svg, type TemplateResult } from 'lit';
import { formatShort, visibleToken } from '../shared/text';
import { type Move, movesOf } from './moves';
import type { PlaceKind } from './places';
import { arc, type Chart, chartOf, type Point, pathOf } from './polar-chart';
import type { PlaceMeasures, Residual } from './read-residual';

export interface Trajectory {
  readonly data: Residual;
  readonly pos: number;
  /** Key of the place that is selected. */
  readonly selected: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly onChoose: (place: PlaceMeasures) => void;
}

const KINDS: readonly PlaceKind[] = ['embed', 'position', 'attention', 'mlp', 'edit', 'write'];

/**
 * Polar: the angle is the stream's own with the final stream, the distance from the centre is the logarithm of its
 * length. Every point of the path is true, also those amid a write, with a part of it added.
 */
export function trajectory({ data, pos, selected, width, onChoose }: Trajectory): TemplateResult | typeof nothing {
  const moves = movesOf(data, pos);
  const last = moves.at(-1);
  if (!last) return nothing;
  const chart = chartOf(
    moves.flatMap(({ points }) => points),
    width,
  );
  const { centre, height } = chart;
  const place = moves.find(({ stream }) => stream.key === selected);
  const end = chart.at(last.points.at(-1)!);
  return html`<svg part="figure trajectory" class="trajectory" role="img" width=${width} height=${height}
    viewBox=${`0 0 ${width} ${height}`} aria-label=${inWords(data, pos, moves[0]!)}>
    <defs>${KINDS.map(
      (kind) => svg`<marker id=${`tip-${kind}`} class=${kind} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"
        markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0.5 0.8L7.5 4L0.5 7.2z" /></marker>`,
    )}</defs>
    ${paper(chart)}
    <path class="final" d=${`M${centre.x} ${centre.y}L${end.x} ${end.y}`} />
    ${place ? spoke(chart, place) : nothing}
    ${moves.map((move, i) => (i === 0 ? nothing : segment(chart, move, pos, selected, onChoose)))}
    ${moves.map(({ stream, points }) => stop(chart.at(points.at(-1)!), stream, pos, selected, onChoose))}
    ${names(chart, moves, selected)}
  </svg>`;
}

function inWords({ labels, final }: Residual, pos: number, { stream: first }: Move): string {
  const place = ({ label, length, cosine }: PlaceMeasures) =>
    `${label}, ${formatShort(length[pos]!)} long with cosine ${formatShort(cosine[pos]!)}`;
  return `The residual stream of ${visibleToken(labels[pos]!)} (${pos}) as a path: from ${place(first)}, to ${place(final)}`;
}

/** Rings of equal length and rays of equal angle. */
function paper(chart: Chart): TemplateResult {
  const { centre, rings, rays, sweep } = chart;
  return svg`
    ${rings.map(
      ({ radius, text }) => svg`<path class="ring" d=${arc(centre, radius, sweep)} />
        <text class="tick" x=${centre.x + radius} y=${centre.y + 14} text-anchor="middle">${text}</text>`,
    )}
    ${rays.map(({ from, to, text, label }) => {
      const anchor = to.x > centre.x + 6 ? 'start' : to.x < centre.x - 6 ? 'end' : 'middle';
      return svg`<path class="ring" d=${pathOf([from, to])} />
        <text class="tick" x=${label.x} y=${label.y} text-anchor=${anchor}>${text}</text>`;
    })}
    <path class="axis" d=${`M${centre.x} ${centre.y}H${chart.right}`} />
    <text class="note" x=${chart.right} y=${centre.y + 28} text-anchor="end">length, in the direction of the final stream →</text>` as TemplateResult;
}

function segment(
  chart: Chart,
  { write, stream, points }: Move,
  pos: number,
  selected: string,
  onChoose: (place: PlaceMeasures) => void,
) {
  const drawn = points.map(chart.at);
  const d = pathOf(drawn);
  const [a, b] = [drawn[0]!, drawn.at(-1)!];
  const active = write.key === selected;
  const long = Math.hypot(b.x - a.x, b.y - a.y) > 9;
  const title = `${write.label}: ${formatShort(write.length[pos]!)} long; after it the stream, ${stream.label}, is ${formatShort(stream.length[pos]!)} long`;
  return svg`<g class=${active ? 'move active' : 'move'} @click=${() => onChoose(write)}>
    <title>${title}</title>
    <path class="hit" d=${d} />
    ${active ? svg`<path class="halo" d=${d} />` : nothing}
    <path class=${`write ${write.kind}`} d=${d} marker-end=${long ? `url(#tip-${write.kind})` : nothing} />
  </g>`;
}

function stop(
  { x, y }: Point,
  stream: PlaceMeasures,
  pos: number,
  selected: string,
  onChoose: (place: PlaceMeasures) => void,
) {
  const active = stream.key === selected;
  return svg`<g class=${active ? 'stop active' : 'stop'} @click=${() => onChoose(stream)}>
    <title>${`${stream.label}: ${formatShort(stream.length[pos]!)} long, cosine ${formatShort(stream.cosine[pos]!)}`}</title>
    <circle class="hit" cx=${x} cy=${y} r="8" />
    <circle class="dot" cx=${x} cy=${y} r=${active ? 5 : 2.5} />
  </g>`;
}

/** The selected stream from the centre: its length and its angle. */
function spoke({ centre, at }: Chart, { points }: Move) {
  const { x, y } = at(points.at(-1)!);
  return svg`<path class="spoke" d=${`M${centre.x} ${centre.y}L${x} ${y}`} />`;
}

/** Names of streams, as many as do not come too close to one another or to an angle's; the last and the selected one first. */
function names(chart: Chart, moves: readonly Move[], selected: string) {
  const taken = chart.rays.map(({ to }) => to);
  const last = moves.at(-1)!;
  const wanted = moves.filter((move) => move === last || move.stream.key === selected);
  const others = moves.filter((move) => !wanted.includes(move)).reverse();
  return [...wanted, ...others].map((move) => {
    const at = chart.at(move.points.at(-1)!);
    const near = taken.some(({ x, y }) => Math.abs(x - at.x) < 48 && Math.abs(y - at.y) < 13);
    if (near && move.stream.key !== selected) return nothing;
    taken.push(at);
    const active = move.stream.key === selected;
    return svg`<text class=${active ? 'label active' : 'label'} x=${at.x + 8} y=${at.y - 7}>${move.stream.label}</text>`;
  });
}

export const trajectoryStyles = css`
  .trajectory {
    display: block;
    max-width: 100%;
    overflow: visible;
    font: 11px var(--_mono);
  }
  .trajectory path {
    fill: none;
  }
  .axis {
    stroke: var(--_muted);
    stroke-width: 1;
  }
  .ring {
    stroke: var(--_line);
    stroke-width: 1;
  }
  .final {
    stroke: var(--_muted);
    stroke-width: 1;
    stroke-dasharray: 1 3;
  }
  .spoke {
    stroke: var(--_accent);
    stroke-width: 1;
    stroke-dasharray: 4 3;
  }
  .tick,
  .note,
  .label {
    fill: var(--_muted);
  }
  .note {
    font: 11px var(--_font);
  }
  .label {
    pointer-events: none;
    stroke: var(--_surface);
    stroke-width: 3;
    paint-order: stroke;
  }
  .label.active {
    fill: var(--_text);
    font-weight: 700;
  }
  .trajectory .write {
    stroke: var(--kind);
    stroke-width: 2;
  }
  .trajectory marker path {
    fill: var(--kind);
  }
  .position.write {
    stroke-dasharray: 2 2;
  }
  .edit.write {
    stroke-dasharray: 6 3;
  }
  .halo {
    stroke: color-mix(in srgb, var(--_accent) 45%, transparent);
    stroke-width: 8;
    stroke-linecap: round;
  }
  .move,
  .stop {
    cursor: pointer;
  }
  .move .hit {
    stroke: transparent;
    stroke-width: 14;
  }
  .stop .hit {
    fill: transparent;
  }
  .dot {
    fill: var(--_text);
  }
  .stop.active .dot {
    fill: var(--_surface);
    stroke: var(--_accent);
    stroke-width: 2.5;
  }
  .embed,
  .position,
  .write {
    --kind: light-dark(#59636b, #9ba4ab);
  }
  .attention {
    --kind: light-dark(#2369a6, #68beff);
  }
  .mlp {
    --kind: light-dark(#b3541f, #ffb070);
  }
  .edit {
    --kind: var(--_danger);
  }
  @media (forced-colors: active) {
    .trajectory {
      forced-color-adjust: none;
    }
    .trajectory,
    .ledger {
      --kind: CanvasText;
    }
    .mlp.write {
      stroke-dasharray: 8 2;
    }
  }
`;
