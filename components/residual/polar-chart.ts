/** Where lengths and angles lie on paper: a sector with logarithmic radius. */
import type { Polar } from './moves';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Chart {
  readonly centre: Point;
  readonly height: number;
  /** End of the axis. */
  readonly right: number;
  /** The largest angle that is shown, in radians. */
  readonly sweep: number;
  readonly rings: readonly { readonly radius: number; readonly text: string }[];
  readonly rays: readonly { readonly from: Point; readonly to: Point; readonly label: Point; readonly text: string }[];
  readonly at: (polar: Polar) => Point;
}

const EDGE = { left: 16, right: 52, top: 22, bottom: 36 };
const MAX_RADIUS = 300;
/** Of the radius: the shortest stream is not in the centre. */
const CORE = 0.16;

/** Fits what is drawn into a width, in CSS pixels. */
export function chartOf(points: readonly Polar[], width: number): Chart {
  const lengths = points.map(({ length }) => length).filter((length) => length > 0);
  const longest = Math.max(...lengths, Number.MIN_VALUE);
  const shortest = Math.min(longest / 4, ...lengths);
  const share = (length: number) =>
    length > 0 ? Math.max(0, CORE + ((1 - CORE) * Math.log(length / shortest)) / Math.log(longest / shortest)) : 0;
  const sweep = Math.min(Math.PI, Math.max(Math.PI / 2, ...points.map(({ angle }) => angle + 0.06)));
  const behind = Math.max(0.02, -Math.cos(sweep));
  const radius = Math.min(MAX_RADIUS, (width - EDGE.left - EDGE.right) / (1 + behind));
  const centre = { x: Math.round(EDGE.left + behind * radius), y: Math.round(EDGE.top + radius) };
  const on = (r: number, angle: number): Point => ({
    x: round(centre.x + r * Math.cos(angle)),
    y: round(centre.y - r * Math.sin(angle)),
  });
  const angles = [30, 60, 90, 120, 150, 180].filter((degrees) => (degrees * Math.PI) / 180 <= sweep + 1e-9);
  return {
    centre,
    height: Math.ceil(centre.y + EDGE.bottom),
    right: round(centre.x + radius + 20),
    sweep,
    rings: ringsOf(shortest, longest).map((length) => ({
      radius: round(share(length) * radius),
      text: String(Number(length.toPrecision(3))),
    })),
    rays: angles.map((degrees) => {
      const angle = (degrees * Math.PI) / 180;
      const [from, to, out] = [0.06, 1, 1 + 9 / radius].map((share) => on(share * radius, angle));
      return { from: from!, to: to!, label: { x: out!.x, y: out!.y + 3 }, text: `${degrees}°` };
    }),
    at: ({ length, angle }) => on(share(length) * radius, angle),
  };
}

/** Round lengths between two: 1, 2, 5 in each decade, or the decades alone where there are many. */
function ringsOf(shortest: number, longest: number): number[] {
  const [low, high] = [Math.floor(Math.log10(shortest)), Math.ceil(Math.log10(longest))];
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const digits = high - low > 3 ? [1] : [1, 2, 5];
  const all = decades.flatMap((decade) => digits.map((digit) => digit * decade));
  return all.filter((length) => length >= 0.999 * shortest && length <= 1.001 * longest);
}

/** From angle 0 on, counterclockwise. */
export function arc({ x, y }: Point, radius: number, sweep: number): string {
  const to = { x: round(x + radius * Math.cos(sweep)), y: round(y - radius * Math.sin(sweep)) };
  return `M${x + radius} ${y}A${radius} ${radius} 0 0 0 ${to.x} ${to.y}`;
}

export function pathOf(points: readonly Point[]): string {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
