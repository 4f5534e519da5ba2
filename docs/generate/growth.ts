/** How time and memory of a pass grow: a plot and a table of each, from a run of `npm run bench:growth` that is kept. */

import { type Term, valueAt } from '../../bench/growth/fit';
import measured from '../../bench/growth/measured.json' with { type: 'json' };
import { memoryOf, numbersOf } from '../../bench/growth/memory';
import type { Along, GrowthReport, GrowthSeries, Kept } from '../../bench/growth/report';
import { tableText } from './markdown';
import { type Curve, plot } from './plot';

type Run = GrowthReport & { readonly date: string; readonly runtime: string };

/** What of the arithmetic grows so, for each term that can be fitted. */
const TERMS: Readonly<Record<Along, readonly string[]>> = {
  tokens: ['for what no token costs', 'a token', 'a pair of tokens'],
  width: ['for what width does not cost', 'a number of width', 'a pair of them'],
  layers: ['beside the layers', 'a layer'],
};

export function growthPart(run: Run = measured as Run): string {
  const { base, adapter, date, runtime, series } = run;
  const { perPosition, perPair, streams } = numbersOf(base);
  const number = (value: number) => value.toLocaleString('en');
  const at64 = memoryOf({ ...base, name: '', rounds: 0 }, 'all', 0);
  return `## How time and memory grow

From a GPT-2-shaped model of ${base.layers} layers of ${base.width}, heads of ${base.width / base.heads}, vocabulary ${number(base.vocab)}, at ${base.tokens} tokens, one of these is changed at a time: the tokens, the width (and
with it the heads), the layers. Measured by \`npm run bench:growth\` on ${date} on **${adapter}**, ${runtime}, on two cores that other work shared: so the least
time of the rounds is plotted and fitted, by least squares of the errors as shares.

The arithmetic has a part that grows with each token and, in attention, one that grows with each pair of tokens; with the width it grows as its
square in the products, and in proportion elsewhere; with the layers in proportion.

Memory is what a pass needs beside the weights, counted in the bytes of the buffers that the device was asked for. With \`'all'\` it is, exactly, four bytes
for each of ${number(perPosition)} numbers a token and ${number(perPair)} a pair of tokens (scores and patterns), the token ids, and 256 bytes a dispatch: ${number(at64)} bytes and the
dispatches' here. With \`'checkpoints'\` ${number(streams)} numbers a token stay, and all layers share what one needs: the two larger of scores and neurons, and four rows;
passes of very few tokens or of one layer need less.

${series.map((one) => seriesPart(one, run)).join('\n\n')}
`;
}

function seriesPart({ along, points, time, explained, worst }: GrowthSeries, { base }: Run): string {
  const xs = points.map(({ at }) => at);
  const most = Math.max(...xs);
  const ends = [0, ...xs, ...Array.from({ length: 40 }, (_, i) => ((i + 1) * most) / 40)].sort((a, b) => a - b);
  const times: Curve = {
    name: 'least time',
    points: points.map(({ at, minMs }) => [at, minMs]),
    line: ends.map((x) => [x, valueAt(time, x)]),
  };
  const memory = (['all', 'checkpoints'] as const).map((kept): Curve => {
    const mega = ({ counted }: { readonly counted: number }) => counted / 1e6;
    const line = ends.filter((at) => at >= xs[0]!).map((at) => [at, formula(base, along, at, kept) / 1e6] as const);
    return { name: `'${kept}'`, points: points.map(({ at, memory }) => [at, mega(memory[kept])]), line };
  });
  const rows = points.map(({ at, minMs, medianMs, flops, memory: { all, checkpoints } }) => [
    String(at),
    minMs.toFixed(1),
    valueAt(time, at).toFixed(1),
    medianMs.toFixed(1),
    (flops / minMs / 1e6).toFixed(2),
    all.counted.toLocaleString('en'),
    all.formula.toLocaleString('en'),
    checkpoints.counted.toLocaleString('en'),
    checkpoints.formula.toLocaleString('en'),
  ]);
  const head = [
    along,
    'least ms',
    'fitted ms',
    'median ms',
    'GFLOP/s',
    "bytes, 'all'",
    'formula',
    "bytes, 'checkpoints'",
    'formula, at most',
  ];
  const title = `### With the ${along}`;
  const said = `Time is about ${terms(time, along)}; that explains ${(100 * explained).toFixed(1)}% of what the times differ, and is ${(100 * worst).toFixed(0)}% off at worst.`;
  const plots = [
    plot({ title: `Milliseconds of a pass by ${along}`, x: along, y: 'ms', curves: [times] }),
    plot({ title: `Megabytes beside the weights by ${along}`, x: along, y: 'MB', curves: memory }),
  ];
  return `${title}\n\n${said}\n\n<div class="plots">${plots.join('')}</div>\n\n${tableText({ head, rows })}`;
}

function terms(time: readonly Term[], along: Along): string {
  return time.map(({ power, coefficient }) => `${coefficient.toPrecision(2)} ms ${TERMS[along][power]}`).join(' + ');
}

function formula(base: Run['base'], along: Along, at: number, kept: Kept): number {
  const shape = { ...base, [along]: at, name: '', rounds: 0 };
  return memoryOf({ ...shape, heads: (shape.width * base.heads) / base.width }, kept, 0);
}
