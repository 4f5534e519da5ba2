/** From arguments to an exit status. */
import { join } from 'node:path';
import { FluoroscopeError } from '../errors';
import { type Arguments, parseArguments } from './arguments';
import { chromeHost } from './chrome-host';
import { dawnHost } from './dawn-host';
import type { Host, HostOptions } from './host';
import { modelFiles, prepare, reporting } from './model-source';
import { checkWritable, writeWhole } from './out-file';
import { packageRoot } from './package-root';
import { type Progress, progressOn } from './progress';

/** @returns 0; 1 where what was checked does not hold; 2 for everything that kept the command from its work. */
export async function main(argv: readonly string[]): Promise<number> {
  const progress = progressOn(process.stderr);
  try {
    const parsed = parseArguments(argv, (text) => void process.stdout.write(text));
    if (!parsed) return 0;
    const report = await run(parsed, progress);
    progress.end();
    const { command, json, options } = parsed;
    console.log(json ? JSON.stringify({ command: command.name, ...report }, null, 2) : command.print(report, options));
    return command.passed(report) ? 0 : 1;
  } catch (error) {
    progress.end();
    console.error(describe(error));
    if (argv.includes('--json'))
      console.log(JSON.stringify({ error: { code: codeOf(error), message: messageOf(error) } }, null, 2));
    return 2;
  }
}

async function run({ command, model, prompt, options, out, ...given }: Arguments, { report }: Progress) {
  if (out !== null) checkWritable(out);
  const prepared = await prepare(reporting(modelFiles(model), report), prompt);
  const request = await command.request(options, prepared);
  const host = hostFor({ ...given, page: PAGE() });
  const { name, task } = command;
  const { result, file, runtime } = await host({ task, name, request, files: prepared.files, report });
  if (out === null || !file) return { ...(result as object), runtime };
  writeWhole(out, file);
  return { ...(result as object), runtime, out, bytes: file.length };
}

export function hostFor(options: HostOptions): Host {
  return options.backend === 'dawn' ? dawnHost(options) : chromeHost(options);
}

const PAGE = () => ({ folder: join(packageRoot(), 'dist'), module: 'cli/page.js' });

const codeOf = (error: unknown) => (error instanceof FluoroscopeError ? error.code : 'internal');
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function describe(error: unknown): string {
  if (error instanceof FluoroscopeError) return `fluoroscope: [${error.code}] ${error.message}`;
  const stack = error instanceof Error ? error.stack : undefined;
  return `fluoroscope: [internal] ${messageOf(error)} This is a bug in Fluoroscope.${stack ? `\n${stack}` : ''}`;
}
