/** What the measurements of an edge say: which edges are shown, which way one pulls, in words. */
import { formatValue, visibleToken } from '../shared/text';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { inWords } from './nodes';

/** `helps`: without the path the metric goes the corrupted prompt's way; `hinders`: the other way. */
export type Pull = 'helps' | 'hinders' | 'unmeasured';

/** More edges make no picture; the strongest are drawn. */
export const MOST_DRAWN = 400;

export function edgeId({ from, to }: CircuitEdge): string {
  return `${from} → ${to}`;
}

/** Part of the way to the corrupted prompt's metric that the metric goes when this path alone is corrupted. */
export function shareOf({ clean, empty }: Circuit, { path }: CircuitEdge): number | null {
  if (path === null) return null;
  const share = (path - clean) / (empty - clean);
  return Number.isFinite(share) ? share : null;
}

export function pullOf(circuit: Circuit, edge: CircuitEdge): Pull {
  const share = shareOf(circuit, edge);
  return share === null ? 'unmeasured' : share < 0 ? 'hinders' : 'helps';
}

/** What can be drawn: without most edges nothing changes at all, and a recording may hold any number. */
function isMeasured(effect: number | null): effect is number {
  return effect !== null && effect > 0 && Number.isFinite(effect);
}

/** The effects at which the slider stops, smallest first: at each one edge more is hidden. */
export function stopsOf({ edges }: Circuit): number[] {
  const effects = edges.flatMap(({ effect }) => (isMeasured(effect) ? [effect] : []));
  return [...new Set(effects)].sort((a, b) => a - b);
}

/** The tested edges whose effect is at least so large, largest first. */
export function shownEdges({ edges }: Circuit, least: number): CircuitEdge[] {
  const strong = edges.filter(({ effect }) => isMeasured(effect) && effect >= least);
  return strong.sort((a, b) => b.effect! - a.effect!).slice(0, MOST_DRAWN);
}

/** `logit difference of “2” against “7”` */
export function metricInWords({ metric: { name, answer, wrong } }: Circuit): string {
  const of = answer === null ? '' : ` of “${visibleToken(answer)}”`;
  return `${name}${of}${wrong === null ? '' : ` against “${visibleToken(wrong)}”`}`;
}

/** `0.0 → 1.0.k` as it is read aloud. */
export function describeEdge(circuit: Circuit, edge: CircuitEdge): string {
  const { effect } = edge;
  const size = effect === null ? 'not tested' : `${formatValue(effect)} nats`;
  const pull = pullOf(circuit, edge);
  return `from ${inWords(edge.from)} to ${inWords(edge.to)}, ${size}${pull === 'unmeasured' ? '' : `, ${pull}`}`;
}
