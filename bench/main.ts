/** `npm run bench -- [--backend chrome|dawn] [--adapter software|hardware] [--out FILE]` */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { hostFor } from '../src/cli/command-line';
import type { HostOptions } from '../src/cli/host';
import { modelFiles } from '../src/cli/model-source';
import { checkWritable, writeWhole } from '../src/cli/out-file';
import { packageRoot } from '../src/cli/package-root';
import { table } from '../src/cli/print';
import { progressOn } from '../src/cli/progress';
import type { BufferReport } from './buffer';
import type { LongInputReport } from './long-input';
import { type BenchReport, bench } from './measure';
import { MODELS, measureStartUp, type StartUpReport, type Waits } from './start-up';
import { type TextReport, texts } from './texts';
import type { Times } from './timing';

type Options = Pick<HostOptions, 'backend' | 'adapter'> & { readonly out: string };

const { backend, adapter, out } = new Command('npm run bench --')
  .addOption(new Option('--backend <name>', 'headless Chrome, or Dawn').choices(['chrome', 'dawn']).default('chrome'))
  .addOption(new Option('--adapter <kind>', "Chrome's").choices(['software', 'hardware']).default('software'))
  .option('--out <file>', 'the JSON file to write', 'bench-results.json')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

checkWritable(out);
const load = loadavg()[0]!;
const progress = progressOn(process.stderr);
const host = hostFor({ backend, adapter, page: { folder: join(packageRoot(), 'bench', 'dist'), module: 'page.js' } });
const files = modelFiles('shakespeare');
const { result, runtime } = await host({ task: bench, name: 'bench', request: null, files, report: progress.report });
const said: TextReport[] = [];
for (const name of MODELS) {
  const run = { task: texts, name: 'texts', request: null, files: modelFiles(name), report: progress.report };
  said.push((await host(run)).result);
}
progress.report('opening the start page');
const startUp = backend === 'chrome' ? await measureStartUp(adapter === 'software') : [];
progress.end();
console.log(print(result, runtime));
const tokens = said.map(({ model, tokens: count }) => `${model} ${count} tokens`).join(', ');
console.log(`the same text at temperature 0 with keys and values kept and without: ${tokens}`);
if (startUp.length > 0) console.log(startUp.map(printStartUp).join('\n'));
const date = new Date().toISOString().slice(0, 10);
writeWhole(
  out,
  new TextEncoder().encode(`${JSON.stringify({ date, load, runtime, ...result, texts: said, startUp }, null, 2)}\n`),
);
console.log(`written to ${out}`);

function print(
  { adapter, matmul, forward, generate, memory, sweep, readback, buffer, longInput }: BenchReport,
  runtime: string,
): string {
  const rows = matmul.flatMap(({ kernel, rows, inner, cols, variants }) =>
    variants.map(({ name, minMs, medianMs, gflops, speedup }) => {
      const numbers = [ms(minMs), ms(medianMs), gflops.toFixed(2), `${speedup.toFixed(2)}×`];
      return [`${kernel} ${rows}×${inner}×${cols}`, name, ...numbers];
    }),
  );
  const pass = ({ minMs, medianMs, rounds }: Times) => `min ${ms(minMs)}, median ${ms(medianMs)} ms of ${rounds}`;
  const { model, pos, steps, variants, retainNone, retainAll, ratioOfMin, medianRatio } = forward;
  const { submits, dispatches, dispatchesPerLayer, allocations } = forward;
  return [
    `${adapter}, ${runtime}`,
    '',
    table([['rows×inner×cols', 'variant', 'min ms', 'median ms', 'GFLOP/s', 'to clear'], ...rows], [2, 3, 4, 5]),
    '',
    `${model}, ${pos} tokens, ${steps} steps${variants.length > 0 ? `, ${variants.join(', ')}` : ''}`,
    `  retain nothing  ${pass(retainNone)}`,
    `  retain all      ${pass(retainAll)}`,
    `  cost of all     min ${ratioOfMin.toFixed(3)}×, median of the rounds ${medianRatio.toFixed(3)}×`,
    `  it takes        ${submits} submit, ${dispatches} dispatches (${dispatchesPerLayer} a layer), ${allocations} allocations once it has run`,
    `${generate.tokens} tokens generated, the same with keys and values kept and without, per token`,
    `  keys and values kept  ${pass(generate.kept)}: ${(1000 / generate.kept.medianMs).toFixed(0)} tokens per second`,
    `  whole passes          ${pass(generate.whole)}: ${(1000 / generate.whole.medianMs).toFixed(0)} tokens per second`,
    `  as fast               min ${generate.ratioOfMin.toFixed(2)}×, median of the rounds ${generate.medianRatio.toFixed(2)}×`,
    `GPT-2 small at ${memory.tokens} tokens needs beside its weights ${mb(memory.checkpoints)} MB with checkpoints (at most 200), ${mb(memory.all)} MB with all`,
    `sweep of ${sweep.patches} patches (${sweep.what}), per patch`,
    `  one run each    ${pass(sweep.oneByOne)}`,
    `  in batches      ${pass(sweep.batched)}`,
    `  as fast         min ${sweep.ratioOfMin.toFixed(2)}×, median of the rounds ${sweep.medianRatio.toFixed(2)}×`,
    `  it takes        ${sweep.submits} submits, ${sweep.allocations} allocations once it has run`,
    `slice of ${readback.bytes / 1024} KiB read: ${pass(readback)}`,
    ...(buffer ? [printBuffer(buffer)] : []),
    ...(longInput ? [printLongInput(longInput)] : []),
  ].join('\n');
}

function printBuffer({ rows, cols, width, height, parts }: BufferReport): string {
  const lines = parts.map(
    ({ what, frames, medianMs, worstMs, over50, drawMedianMs, drawWorstMs }) =>
      `  ${what.padEnd(15)} ${frames} frames: median ${ms(medianMs)}, worst ${ms(worstMs)} ms, ${over50} over 50 ms; ` +
      `of it drawing: median ${ms(drawMedianMs)}, worst ${ms(drawWorstMs)} ms`,
  );
  return [`a buffer of ${rows} × ${cols} in <fluoro-buffer>, ${width} × ${height} pixels`, ...lines].join('\n');
}

function printLongInput({ pos, layers, heads, bytes, firstDrawMs, nodes, parts }: LongInputReport): string {
  const lines = parts.map(
    ({ what, frames, medianMs, worstMs, scriptMedianMs, scriptWorstMs }) =>
      `  ${what.padEnd(20)} ${frames} frames: median ${ms(medianMs)}, worst ${ms(worstMs)} ms; ` +
      `of it scripts: median ${ms(scriptMedianMs)}, worst ${ms(scriptWorstMs)} ms`,
  );
  const size = `${pos} tokens × ${layers} layers × ${heads} heads, recorded, ${(bytes / 1e6).toFixed(0)} MB`;
  return [`${size}: first picture after ${ms(firstDrawMs)} ms, ${nodes} DOM nodes`, ...lines].join('\n');
}

function printStartUp({ model, cold, later, firstKey, keys, typed }: StartUpReport): string {
  const line = (what: string, { drawn, submitted }: Waits) =>
    `  ${what.padEnd(22)} min ${ms(drawn.minMs)}, median ${ms(drawn.medianMs)}, worst ${ms(Math.max(...drawn.ms))} ms ` +
    `of ${drawn.rounds}; its pass submitted after a median of ${ms(submitted.medianMs)} ms`;
  return [
    `${model} on the start page, until the pass is drawn`,
    `  ${'first visit'.padEnd(22)} ${ms(cold.drawn)} ms; its pass submitted after ${ms(cold.submitted)} ms`,
    line('later visits', later),
    line('their first key press', firstKey),
    line('further key presses', keys),
    ...(typed ? [line('each a token longer', typed)] : []),
  ].join('\n');
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function ms(value: number): string {
  return value.toFixed(2);
}
