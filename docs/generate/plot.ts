/** Points and lines over two axes from 0 on, as an SVG that takes its colours from the page. */

type Point = readonly [x: number, y: number];

export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  readonly line: readonly Point[];
}

interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT] = [360, 240];
const BOX = { left: 46, right: 340, top: 14, bottom: 200 };

/** On one line: Markdown takes a blank one for the end of it. */
export function plot({ title, x, y, curves }: Plot): string {
  const all = curves.flatMap(({ points }) => points);
  const [xs, ys] = [ticks(Math.max(...all.map(([at]) => at))), ticks(Math.max(...all.map(([, value]) => value)))];
  const across = (at: number) => place(at, xs.at(-1)!, BOX.left, BOX.right);
  const up = (value: number) => place(value, ys.at(-1)!, BOX.bottom, BOX.top);
  const text = (content: string, at: Point, anchor: string) =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${content}</text>`;
  const grid = ys.map((value) => `<path class="grid" d="M${BOX.left} ${up(value)}H${BOX.right}"/>`);
  const labels = [
    ...xs.map((at) => text(number(at), [across(at), BOX.bottom + 16], 'middle')),
    ...ys.map((value) => text(number(value), [BOX.left - 6, round(up(value) + 4)], 'end')),
    text(x, [BOX.right, BOX.bottom + 32], 'end'),
    text(y, [BOX.left - 6, BOX.bottom + 32], 'end'),
  ];
  const drawn = curves.map(({ name, points, line }, i) => {
    const path = line.map(([at, value], j) => `${j === 0 ? 'M' : 'L'}${across(at)} ${up(value)}`).join('');
    const dots = points.map(([at, value]) => `<circle cx="${across(at)}" cy="${up(value)}" r="3.5"/>`).join('');
    const [lastX, lastY] = points.at(-1)!;
    const label = curves.length > 1 ? text(name, [across(lastX) - 8, round(up(lastY) - 8)], 'end') : '';
    return `<g class="curve-${i}"><path d="${path}"/>${dots}${label}</g>`;
  });
  const inside = [...grid, ...labels, ...drawn].join('');
  return `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}; the table below has the numbers">${inside}</svg>`;
}

function place(value: number, most: number, from: number, to: number): number {
  return round(from + (value / most) * (to - from));
}

const round = (value: number) => Math.round(value * 10) / 10;

/** From 0 in steps of 1, 2 or 5 times a power of ten, to the first that is no less than the most; four to eight of them. */
export function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => most / one <= 7)!;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}

const number = (value: number) => Number(value.toPrecision(6)).toLocaleString('en');
