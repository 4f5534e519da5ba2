/** `npm run bench:peers -- [--shapes small,wide] [--adapter software|hardware] [--out FILE]` */
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
import type { RaceReport, RaceRequest } from './race';
import { SHAPES } from './shapes';

type Options = Pick<HostOptions, 'adapter'> & { readonly out: string; readonly shapes: string };

const { adapter, out, shapes } = new Command('npm run bench:peers --')
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('software'))
  .option('--shapes <names>', `which of ${SHAPES.map(({ name }) => name).join(', ')}`, 'small,wide')
  .option('--out <file>', 'the JSON file to write', 'bench-peers.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const names = shapes.split(',');
const unknown = names.find((name) => !SHAPES.some((shape) => shape.name === name));
if (unknown !== undefined)
  throw new Error(`no shape is named ${unknown}; there are ${SHAPES.map(({ name }) => name).join(', ')}`);
const progress = progressOn(process.stderr);
const host = chromeHost({
  backend: 'chrome',
  adapter,
  page: { folder: join(packageRoot(), 'bench', 'dist'), module: 'peers.js' },
});
const request = { shapes: names, versions: { fluoroscope: pkg.version, jax: peers.dependencies['@jax-js/jax'] } };
/** The others run in a page only. */
const race: Task<RaceRequest, RaceReport> = async () => {
  throw new Error('the race runs in Chrome');
};
const files = { name: 'peers', read: async () => null };
const { result, runtime } = await host({ task: race, name: 'race', request, files, report: progress.report });
progress.end();
console.log(print(result, runtime));
writeWhole(out, new TextEncoder().encode(`${JSON.stringify({ runtime, ...result }, null, 2)}\n`));
console.log(`written to ${out}`);

function print({ adapter: name, races }: RaceReport, browser: string): string {
  const parts = races.map(({ shape, gflop, rows }) => {
    const { layers, width, heads, vocab, tokens } = shape;
    const lines = rows.map(({ name: who, version, minMs, medianMs, gflops, ratio, difference }) => [
      `${who} (${version})`,
      minMs.toFixed(1),
      medianMs.toFixed(1),
      gflops.toFixed(2),
      `${ratio.toFixed(2)}×`,
      difference.toExponential(1),
    ]);
    const head = ['', 'min ms', 'median ms', 'GFLOP/s', 'to ours', 'differs'];
    const what = `${layers} layers of ${width}, ${heads} heads, vocabulary ${vocab}, ${tokens} tokens, ${gflop.toFixed(2)} GFLOP`;
    return [`${shape.name}: ${what}, best of ${shape.rounds}`, table([head, ...lines], [1, 2, 3, 4, 5])].join('\n');
  });
  return [`${name}, ${browser}`, ...parts].join('\n\n');
}
