/** `npm run bench:growth -- [--backend chrome|dawn] [--adapter software|hardware] [--out FILE]` */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { hostFor } from '../../src/cli/command-line';
import type { HostOptions } from '../../src/cli/host';
import { checkWritable, writeWhole } from '../../src/cli/out-file';
import { packageRoot } from '../../src/cli/package-root';
import { table } from '../../src/cli/print';
import { progressOn } from '../../src/cli/progress';
import { growth } from './growth';
import type { GrowthSeries } from './report';

type Options = Pick<HostOptions, 'backend' | 'adapter'> & { readonly out: string };

const { backend, adapter, out } = new Command('npm run bench:growth --')
  .addOption(new Option('--backend <name>', 'headless Chrome, or Dawn').choices(['chrome', 'dawn']).default('chrome'))
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('software'))
  .option('--out <file>', 'the JSON file to write', 'bench-growth.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const progress = progressOn(process.stderr);
const page = { folder: join(packageRoot(), 'bench', 'dist'), module: 'growth.js' };
const files = { name: 'growth', read: async () => null };
const host = hostFor({ backend, adapter, page });
const { result, runtime } = await host({ task: growth, name: 'growth', request: null, files, report: progress.report });
progress.end();
console.log([`${result.adapter}, ${runtime}`, ...result.series.map(print)].join('\n\n'));
const date = new Date().toISOString().slice(0, 10);
writeWhole(out, new TextEncoder().encode(`${JSON.stringify({ date, runtime, ...result }, null, 2)}\n`));
console.log(`written to ${out}`);

function print({ along, points, time, explained, worst }: GrowthSeries): string {
  const rows = points.map(({ at, minMs, medianMs, flops, memory: { all, checkpoints } }) => [
    String(at),
    minMs.toFixed(2),
    medianMs.toFixed(2),
    (flops / minMs / 1e6).toFixed(2),
    ...[all, checkpoints].flatMap(({ formula, counted }) => [mb(counted), String(counted - formula)]),
  ]);
  const head = [along, 'min ms', 'median ms', 'GFLOP/s', 'all MB', 'off', 'checkpoints MB', 'off'];
  const terms = time.map(({ power, coefficient }) => `${coefficient.toPrecision(3)} · ${along}^${power}`).join(' + ');
  const how = `explains ${(100 * explained).toFixed(2)} %, at worst ${(100 * worst).toFixed(0)} % off`;
  return `${table([head, ...rows], [0, 1, 2, 3, 4, 5, 6, 7])}\n  ms = ${terms}: ${how}`;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
