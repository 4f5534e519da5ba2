/** Where nodes and edges lie: rows in the order of computation, the embedding at the bottom and the logits at the top. */
import { endOf, type NodeName } from './nodes';

export interface PlacedNode extends NodeName {
  readonly label: string;
  /** The middle, in CSS pixels from the top left. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Nodes of one row compute at the same time; 0 is the embedding. Rows too long for the width are broken. */
  readonly row: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  /** The layer's name at the height of its first row. */
  readonly layers: readonly { readonly layer: number; readonly y: number }[];
}

const HEAD = 46;
const PILL = 84;
const NODE_HEIGHT = 34;
/** Between the middles of two rows, closer where there are many; of two lines of a broken row; of two heads. */
const ROW = 86;
const CLOSE_ROW = 66;
const MANY_ROWS = 6;
const LINE = 46;
const ACROSS = 58;
/** At the left, for the layers' names. */
const MARGIN = 26;

export function layOut(nodes: readonly NodeName[], width: number): Layout {
  const room = Math.max(width - MARGIN, ACROSS);
  const lines: { readonly nodes: readonly NodeName[]; readonly row: number; readonly gap: number }[] = [];
  const rows = rowsOf(nodes);
  const between = rows.length > MANY_ROWS ? CLOSE_ROW : ROW;
  rows.forEach((own, row) => {
    const most = Math.max(1, Math.floor(room / ACROSS));
    const count = Math.ceil(own.length / most);
    const each = Math.ceil(own.length / count);
    for (let i = 0; i < count; i++) {
      lines.push({ nodes: own.slice(i * each, (i + 1) * each), row, gap: i === 0 ? between : LINE });
    }
  });
  const height = lines.slice(1).reduce((sum, { gap }) => sum + gap, NODE_HEIGHT + 8);
  let y = height - NODE_HEIGHT / 2 - 4;
  const placed: PlacedNode[] = [];
  const layers: { layer: number; y: number }[] = [];
  lines.forEach(({ nodes: own, row, gap }, i) => {
    if (i > 0) y -= gap;
    const across = Math.min(ACROSS * 1.7, room / own.length);
    const left = MARGIN + room / 2 - (across * (own.length - 1)) / 2;
    own.forEach((node, n) => {
      const size = node.kind === 'head' ? HEAD : PILL;
      placed.push({ ...node, label: labelOf(node), x: left + n * across, y, width: size, height: NODE_HEIGHT, row });
    });
    const { layer } = own[0]!;
    if (layer !== null && layers.at(-1)?.layer !== layer) layers.push({ layer, y });
  });
  return { width, height, nodes: placed, layers };
}

/** A row is what reads at one time. */
function rowsOf(nodes: readonly NodeName[]): NodeName[][] {
  const rows: NodeName[][] = [];
  for (const node of nodes) {
    const last = rows.at(-1)?.[0];
    if (last && last.kind === node.kind && last.layer === node.layer) rows.at(-1)!.push(node);
    else rows.push([node]);
  }
  return rows;
}

function labelOf({ kind, id, layer }: NodeName): string {
  return { embed: 'embed', head: id, mlp: `MLP ${layer}`, final: 'logits' }[kind];
}

const INPUT_X = { q: -14, k: 0, v: 14 } as const;

/** The side of a head on which an input arrives, from its middle. */
export function inputX(input: 'q' | 'k' | 'v' | null): number {
  return input ? INPUT_X[input] : 0;
}

/** Room that an edge keeps from a node beside which it passes. */
const PASS = 12;
/** Edges through one gap lie so far apart. */
const APART = 5;

/** An edge as SVG path data: from the top of its writer to the bottom of its reader, between the nodes on its way. */
export function edgePath(layout: Layout, from: PlacedNode, to: PlacedNode, name: string): string {
  const { node, input } = endOf(name);
  const begin = { x: from.x, y: from.y - from.height / 2 };
  const end = { x: to.x + inputX(input), y: to.y + to.height / 2 };
  const aside = ((layout.nodes.findIndex(({ id }) => id === node) % 3) - 1) * APART;
  const between = [...new Set(layout.nodes.filter(({ y }) => y < from.y && y > to.y).map(({ y }) => y))];
  const passed = between
    .sort((a, b) => b - a)
    .map((y) => {
      const straight = begin.x + ((end.x - begin.x) * (begin.y - y)) / (begin.y - end.y);
      const gaps = gapsAt(layout.nodes.filter((other) => other.y === y));
      const x = gaps.reduce(
        (best, gap) => (Math.abs(gap - straight) < Math.abs(best - straight) ? gap : best),
        gaps[0]!,
      );
      return { x: x + aside, y };
    });
  const point = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const ways = [...passed, end].map((next, i) => {
    const last = i === 0 ? begin : passed[i - 1]!;
    const reach = (last.y - next.y) * 0.5;
    return `C ${point({ x: last.x, y: last.y - reach })}, ${point({ x: next.x, y: next.y + reach })}, ${point(next)}`;
  });
  return `M ${point(begin)} ${ways.join(' ')}`;
}

/** Where there is room to pass a line of nodes: between each two, and outside. */
function gapsAt(line: readonly PlacedNode[]): number[] {
  const sorted = [...line].sort((a, b) => a.x - b.x);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const inner = sorted.slice(1).map((node, i) => (node.x - node.width / 2 + sorted[i]!.x + sorted[i]!.width / 2) / 2);
  return [first.x - first.width / 2 - PASS, ...inner, last.x + last.width / 2 + PASS];
}
