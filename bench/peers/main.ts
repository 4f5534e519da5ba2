/** `npm run bench:peers -- [--shapes small,wide] [--products 256,512] [--adapter software|hardware] [--out FILE]` */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { chromeHost } from '../../src/cli/chrome-host';
import type { HostOptions } from '../../src/cli/host';
import { checkWritable, writeWhole } from '../../src/cli/out-file';
import { packageRoot } from '../../src/cli/package-root';
import { table } from '../../src/cli/print';
import { progressOn } from '../../src/cli/progress';
import type { Task } from '../../src/cli/task';
import { namesOf } from '../options';
import peers from '../package.json' with { type: 'json' };
import { PRODUCTS, type ProductShape } from './products-shapes';
import type { RaceRequest } from './race';
import type { RaceReport, RaceRow } from './report';
import { SHAPES, type Shape } from './shapes';

interface Options extends Pick<HostOptions, 'adapter'> {
  readonly out: string;
  readonly shapes: readonly Shape[];
  readonly products: readonly ProductShape[];
}

const PASSES = 'small,wide';
const MULTIPLIED = '256,512,1024,attention,into neurons,out of neurons';
const listed = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join(', ');

const { adapter, out, shapes, products } = new Command('npm run bench:peers --')
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('software'))
  .addOption(
    new Option('--shapes <names>', `which of ${listed(SHAPES)}`)
      .argParser(namesOf(SHAPES))
      .default(namesOf(SHAPES)(PASSES), PASSES),
  )
  .addOption(
    new Option('--products <names>', `which of ${listed(PRODUCTS)}; 2048 and 4096 are for real GPUs`)
      .argParser(namesOf(PRODUCTS))
      .default(namesOf(PRODUCTS)(MULTIPLIED), MULTIPLIED),
  )
  .option('--out <file>', 'the JSON file to write', 'bench-peers.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const request: RaceRequest = {
  shapes: shapes.map(({ name }) => name),
  products,
  versions: { fluoroscope: pkg.version, jax: peers.dependencies['@jax-js/jax'] },
};
const progress = progressOn(process.stderr);
const host = chromeHost({
  backend: 'chrome',
  adapter,
  page: { folder: join(packageRoot(), 'bench', 'dist'), module: 'peers.js' },
});
/** The others run in a page only. */
const race: Task<RaceRequest, RaceReport> = async () => {
  throw new Error('the race runs in Chrome');
};
const files = { name: 'peers', read: async () => null };
const { result, runtime } = await host({ task: race, name: 'race', request, files, report: progress.report });
progress.end();
console.log(print(result, runtime));
const date = new Date().toISOString().slice(0, 10);
writeWhole(out, new TextEncoder().encode(`${JSON.stringify({ date, runtime, ...result }, null, 2)}\n`));
console.log(`written to ${out}`);

function print({ adapter: name, races, products }: RaceReport, browser: string): string {
  const part = (what: string, rows: readonly RaceRow[]) => {
    const lines = rows.map(({ name: who, version, minMs, medianMs, gflops, ratio, difference }) => [
      `${who} (${version})`,
      minMs.toFixed(1),
      medianMs.toFixed(1),
      gflops.toFixed(2),
      `${ratio.toFixed(2)}×`,
      difference.toExponential(1),
    ]);
    const head = ['', 'min ms', 'median ms', 'GFLOP/s', 'to ours', 'differs'];
    return [`${what}, best of ${rows[0]!.rounds}`, table([head, ...lines], [1, 2, 3, 4, 5])].join('\n');
  };
  const passes = races.map(({ shape: { name, layers, width, heads, vocab, tokens }, gflop, rows }) => {
    const sizes = `${layers} layers of ${width}, ${heads} heads, vocabulary ${vocab}, ${tokens} tokens`;
    return part(`${name}: ${sizes}, ${gflop.toFixed(2)} GFLOP`, rows);
  });
  const multiplied = products.map(({ shape: { name, rows, inner, cols }, rows: raced }) =>
    part(`product ${name}: ${rows}×${inner}×${cols}`, raced),
  );
  return [`${name}, ${browser}`, ...passes, ...multiplied].join('\n\n');
}
