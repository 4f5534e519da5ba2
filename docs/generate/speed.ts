/** docs/reference/speed.md: how long a pass takes here and in other runtimes, from runs of `npm run bench:peers` that are kept. */
import measured from '../../bench/peers/measured.json' with { type: 'json' };
import type { RaceReport, RaceRow } from '../../bench/peers/report';
import { growthPart } from './growth';
import { keepingPart } from './keeping';
import { met, tableText } from './markdown';
import { rooflinePart } from './roofline';
import { startPart } from './start-up';

type Run = RaceReport & { readonly date: string; readonly runtime: string };

/** What the fastest other runtime on WebGPU is meant to take at least, in our times, for a pass and a product of many rows. */
const AIM = 1.5;
/** And what TF.js and ONNX Runtime Web are, for a pass. */
const PASS_AIM = 5;
const SLOWER = /^(TF\.js|ONNX Runtime Web), WebGPU/;

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
  const least = Math.min(...rows.filter((row) => SLOWER.test(row.name)).map(({ ratio }) => ratio));
  const slower = `TF.js and ONNX Runtime Web on WebGPU take at least ${least.toFixed(2)} times: the aim of ${PASS_AIM} is ${met(least >= PASS_AIM)}.`;
  return part(`A pass, \`${name}\``, `${sizes}: ${gflop.toFixed(2)} GFLOP.`, rows, `: ${aimed(rows)}. ${slower}`);
}

function productPart({ name, rows, inner, cols }: Run['products'][number]['shape'], raced: readonly RaceRow[]): string {
  const title = rows === 1 ? `A row times a matrix: ${name}` : `A product: ${rows}`;
  return part(title, `[${rows}, ${inner}] times [${inner}, ${cols}].`, raced, rows === 1 ? '.' : `: ${aimed(raced)}.`);
}

function part(title: string, what: string, rows: readonly RaceRow[], verdict: string): string {
  const { name, ratio } = fastest(rows);
  const head = ['', 'version', 'least ms', 'median ms', 'GFLOP/s', 'to ours'];
  const cells = rows.map(({ name: who, version, minMs, medianMs, gflops, ratio: times }) => [
    who,
    version,
    minMs.toFixed(1),
    medianMs.toFixed(1),
    gflops.toFixed(2),
    `${times.toFixed(2)}×`,
  ]);
  return `## ${title}\n\n${what} Best of ${rows[0]!.rounds} rounds. ${name} takes ${ratio.toFixed(2)} times our time${verdict}\n\n${tableText({ head, rows: cells })}`;
}

function aimed(rows: readonly RaceRow[]): string {
  return `the aim of ${AIM} is ${met(fastest(rows).ratio >= AIM)}`;
}

/** Of the others on WebGPU. */
function fastest(rows: readonly RaceRow[]): RaceRow {
  return rows.filter(({ name }) => name.includes('WebGPU')).sort((a, b) => a.ratio - b.ratio)[0]!;
}
