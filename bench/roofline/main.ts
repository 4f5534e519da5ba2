/** `npm run bench:roofline -- [--backend chrome|dawn] [--adapter software|hardware] [--squares 2048,4096] [--shape gpt2] …` */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { hostFor } from '../../src/cli/command-line';
import type { HostOptions } from '../../src/cli/host';
import { checkWritable, writeWhole } from '../../src/cli/out-file';
import { packageRoot } from '../../src/cli/package-root';
import { table } from '../../src/cli/print';
import { progressOn } from '../../src/cli/progress';
import { count, counts } from '../options';
import { SHAPES } from '../peers/shapes';
import { roofline } from './roofline';
import { tablesOf } from './tables';

type Options = Pick<HostOptions, 'backend' | 'adapter'> &
  Readonly<Record<'shape' | 'out', string>> &
  Readonly<Record<'squares' | 'tokens', readonly number[]>> &
  Readonly<Record<'copyMib' | 'arithmetic', number>>;

const { backend, adapter, out, ...asked } = new Command('npm run bench:roofline --')
  .addOption(new Option('--backend <name>', 'headless Chrome, or Dawn').choices(['chrome', 'dawn']).default('chrome'))
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('hardware'))
  .option('--squares <sizes>', 'sides of square products', counts, [2048, 4096])
  .addOption(new Option('--shape <name>', 'whose passes').choices(SHAPES.map(({ name }) => name)).default('gpt2'))
  .option('--tokens <counts>', 'lengths of prompts', counts, [1, 64, 1024])
  .option('--copy-mib <size>', 'MiB that the copy moves: more than the device caches', count, 256)
  .option(
    '--arithmetic <count>',
    'multiply-adds of one measurement of arithmetic alone, in units of 2^20',
    count,
    65536,
  )
  .option('--out <file>', 'the JSON file to write', 'bench-roofline.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const progress = progressOn(process.stderr);
const host = hostFor({ backend, adapter, page: { folder: join(packageRoot(), 'bench', 'dist'), module: 'page.js' } });
const request = {
  squares: asked.squares,
  shape: SHAPES.find(({ name }) => name === asked.shape)!,
  tokens: asked.tokens,
  copyBytes: asked.copyMib * 2 ** 20,
  arithmetic: asked.arithmetic,
};
const files = { name: 'roofline', read: async () => null };
const { result, runtime } = await host({ task: roofline, name: 'roofline', request, files, report: progress.report });
progress.end();
const date = new Date().toISOString().slice(0, 10);
console.log(`${result.adapter}, ${runtime}`);
for (const { title, head, rows } of tablesOf(result))
  console.log(`\n${title}\n${table([head, ...rows], [1, 2, 3, 4])}`);
writeWhole(out, new TextEncoder().encode(`${JSON.stringify({ date, runtime, ...result }, null, 2)}\n`));
console.log(`\nwritten to ${out}`);
