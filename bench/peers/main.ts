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
import peers from '../package.json' with { type: 'json' };
import { PRODUCTS } from './products-shapes';
import type { RaceRequest } from './race';
import type { RaceReport, RaceRow } from './report';
import { SHAPES } from './shapes';

type Options = Pick<HostOptions, 'adapter'> & Readonly<Record<'out' | 'shapes' | 'products', string>>;

const { adapter, out, shapes, products } = new Command('npm run bench:peers --')
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('software'))
  .option('--shapes <names>', `which of ${SHAPES.map(({ name }) => name).join(', ')}`, 'small,wide')
  .option(
    '--products <names>',
    `which of ${PRODUCTS.map(({ name }) => name).join(', ')}; 2048 and 4096 are for real GPUs`,
    '256,512,1024,attention,into neurons,out of neurons',
  )
  .option('--out <file>', 'the JSON file to write', 'bench-peers.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const request: RaceRequest = {
  shapes: named(shapes, SHAPES).map(({ name }) => name),
  products: named(products, PRODUCTS),
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

/** Those of a list that are named, separated by commas; none for an empty text. */
function named<T extends { readonly name: string }>(names: string, of: readonly T[]): T[] {
  return names === ''
    ? []
    : names.split(',').map((wanted) => {
        const found = of.find(({ name }) => name === wanted);
        if (found) return found;
        throw new Error(`nothing is named ${wanted}; there are ${of.map(({ name }) => name).join(', ')}`);
      });
}

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
