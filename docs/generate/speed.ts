/** docs/reference/speed.md: how long a pass takes here and in other runtimes, from runs of `npm run bench:peers` that are kept. */
import measured from '../../bench/peers/measured.json' with { type: 'json' };
import type { RaceReport, RaceRow } from '../../bench/peers/report';
import { growthPart } from './growth';
import { keepingPart } from './keeping';
import { met, tableText } from './markdown';
import { rooflinePart } from './roofline';
import { startPart } from './start-up';

type Run = RaceReport & { readonly date: string; readonly runtime: string };

/** What the fastest other runtime on WebGPU is meant to take at least, in our times. */
const AIM = 1.5;

export function speedPage(runs: readonly Run[] = measured): string {
  const places = new Set(runs.map(({ date, adapter, runtime }) => `on ${date} on **${adapter}**, ${runtime}`));
  const passes = runs.flatMap(({ races }) => races.map(({ shape, gflop, rows }) => passPart(shape, gflop, rows)));
  const products = runs.flatMap((run) => run.products.map(({ shape, rows }) => productPart(shape, rows)));
  return `# How fast

The same GPT-2-shaped pass, from the same seeded weights, and the same products of matrices, in one page of one browser: first
what comes out is compared (to one part in 100,000 of the largest number), then each runs in turn, round after round. All
compute every position; the last row is read back. In the rows *every value kept*, all intermediate values stay readable.

Measured by \`npm run bench:peers\` ${[...places].join(' and ')}. SwiftShader runs WebGPU on the CPU, here on two cores: the ratios say more than the times. On a GPU in hardware nothing has been measured yet.

*To ours* is how many times our time it takes, with every value kept: the median over the rounds, in each of which all run.

${[...passes, ...products, keepingPart(), startPart(), growthPart(), rooflinePart()].join('\n\n')}
`;
}

function passPart(
  { name, layers, width, heads, vocab, tokens }: Run['races'][number]['shape'],
  gflop: number,
  rows: readonly RaceRow[],
): string {
  const sizes = `${layers} layers of ${width}, ${heads} heads, vocabulary ${vocab}, ${tokens} tokens`;
  return part(`A pass, \`${name}\``, `${sizes}: ${gflop.toFixed(2)} GFLOP.`, rows);
}

function productPart({ name, rows, inner, cols }: Run['products'][number]['shape'], raced: readonly RaceRow[]): string {
  const title = rows === 1 ? `A row times a matrix: ${name}` : `A product: ${rows}`;
  return part(title, `[${rows}, ${inner}] times [${inner}, ${cols}].`, raced);
}

function part(title: string, what: string, rows: readonly RaceRow[]): string {
  const head = ['', 'version', 'least ms', 'median ms', 'GFLOP/s', 'to ours'];
  const cells = rows.map(({ name, version, minMs, medianMs, gflops, ratio }) => [
    name,
    version,
    minMs.toFixed(1),
    medianMs.toFixed(1),
    gflops.toFixed(2),
    `${ratio.toFixed(2)}×`,
  ]);
  return `## ${title}\n\n${what} Best of ${rows[0]!.rounds} rounds. ${verdict(rows)}\n\n${tableText({ head, rows: cells })}`;
}

function verdict(rows: readonly RaceRow[]): string {
  const others = rows.filter(({ name }) => name.includes('WebGPU')).sort((a, b) => a.ratio - b.ratio);
  const [{ name, ratio }] = others as [RaceRow];
  return `${name} takes ${ratio.toFixed(2)} times our time: the aim of ${AIM} is ${met(ratio >= AIM)}.`;
}
