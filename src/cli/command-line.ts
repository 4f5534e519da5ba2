/** From arguments to an exit status. */
import { join } from 'node:path';
import { FluoroscopeError } from '../errors';
import { type CheckArguments, parseArguments, type TraceArguments } from './arguments';
import { chromeHost } from './chrome-host';
import { check } from './commands/check';
import { trace } from './commands/trace';
import { dawnHost } from './dawn-host';
import type { Host, HostOptions } from './host';
import { modelFiles, prepare, reporting } from './model-source';
import { checkWritable, writeWhole } from './out-file';
import { packageRoot } from './package-root';
import { printCheck, printTrace } from './print';
import { type Progress, progressOn } from './progress';

/** @returns 0; 1 where the check failed; 2 for everything that kept the command from its work. */
export async function main(argv: readonly string[]): Promise<number> {
  const progress = progressOn(process.stderr);
  try {
    const parsed = parseArguments(argv, (text) => void process.stdout.write(text));
    if (!parsed) return 0;
    const { status, text, json } = await (parsed.command === 'trace'
      ? runTrace(parsed, progress)
      : runCheck(parsed, progress));
    progress.end();
    console.log(parsed.json ? JSON.stringify(json, null, 2) : text);
    return status;
  } catch (error) {
    progress.end();
    console.error(describe(error));
    if (argv.includes('--json'))
      console.log(JSON.stringify({ error: { code: codeOf(error), message: messageOf(error) } }, null, 2));
    return 2;
  }
}

interface Done {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

async function runTrace(parsed: TraceArguments, { report }: Progress): Promise<Done> {
  const { hooks, out, command } = parsed;
  checkWritable(out);
  const { tokens, files } = await prepare(reporting(modelFiles(parsed.model), report), parsed.prompt);
  const host = hostFor({ ...parsed, page: PAGE() });
  const { result, file, runtime } = await host({
    task: trace,
    name: 'trace',
    request: { tokens, hooks },
    files,
    report,
  });
  writeWhole(out, file!);
  const json = { command, ...result, runtime, out, bytes: file!.length };
  return { status: 0, text: printTrace(json), json };
}

async function runCheck(parsed: CheckArguments, { report }: Progress): Promise<Done> {
  const { tokens, files } = await prepare(reporting(modelFiles(parsed.model), report), parsed.prompt);
  const host = hostFor({ ...parsed, page: PAGE() });
  const { result, runtime } = await host({ task: check, name: 'check', request: { tokens }, files, report });
  const json = { command: parsed.command, ...result, runtime };
  return { status: result.ok ? 0 : 1, text: printCheck(json), json };
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
