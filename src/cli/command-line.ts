/** From arguments to an exit status. */
import { join } from 'node:path';
import type { EditSpec } from '../edits/spec';
import { FluoroscopeError } from '../errors';
import { type Arguments, parseArguments } from './arguments';
import type { Cancel } from './cancel';
import { chromeHost } from './chrome-host';
import { dawnHost } from './dawn-host';
import { checkPlaces } from './edit-values';
import type { Host, HostOptions } from './host';
import { modelFiles, prepare, remembering, reporting } from './model-source';
import { checkWritable, writeWhole } from './out-file';
import { packageRoot } from './package-root';
import { type Progress, progressOn } from './progress';
import type { Ask } from './task';

/**
 * @returns 0; 1 where what was checked does not hold; 2 for everything that kept the command from its work; the
 * signal's where it was cancelled
 */
export async function main(argv: readonly string[], cancel: Cancel): Promise<number> {
  const progress = progressOn(process.stderr);
  let indent: number | undefined = 2;
  try {
    const parsed = parseArguments(argv, (text) => void process.stdout.write(text));
    if (!parsed) return 0;
    if (parsed.command.streams) indent = undefined;
    const report = await run(parsed, progress, cancel.signal);
    progress.end();
    const { command, json, options } = parsed;
    const done = cancel.signal.aborted ? (command.partial?.(report) ?? null) : null;
    if (json) console.log(JSON.stringify({ command: command.name, ...report }, null, indent));
    else {
      const said = `${done === null ? '' : `cancelled: ${done}\n`}${command.print(report, options)}`;
      if (command.streams) process.stdout.write('\n');
      (command.streams ? console.error : console.log)(said);
    }
    if (done !== null) return cancel.status;
    return command.passed(report) ? 0 : 1;
  } catch (error) {
    progress.end();
    console.error(describe(error));
    if (argv.includes('--json'))
      console.log(JSON.stringify({ error: { code: codeOf(error), message: messageOf(error) } }, null, indent));
    return codeOf(error) === 'cancelled' ? cancel.status : 2;
  }
}

async function run(
  { command, model, prompt, options, out, json, ...given }: Arguments,
  progress: Progress,
  signal: AbortSignal,
) {
  const report = (line: string) => {
    if (!signal.aborted) progress.report(line); // That it stops is the last that is said.
  };
  const { folder } = command;
  if (out !== null) folder ? folder.check(out, options) : checkWritable(out);
  const read = new Set<string>();
  const prepared = await prepare(
    remembering(reporting(modelFiles(model), report, signal), read),
    prompt,
    command.cuts(options),
  );
  const request = await command.request(options, prepared, out);
  const { edit = [] } = options as { readonly edit?: readonly EditSpec[] };
  await checkPlaces(edit, prepared);
  const host = hostFor({ ...given, page: PAGE() });
  const { name, task } = command;
  const partial = command.partial !== null;
  const stopping = () => {
    progress.end();
    if (partial) console.error('Stopping after what is running now; Ctrl-C again ends at once.');
  };
  signal.addEventListener('abort', stopping, { once: true });
  const conversation = command.converse(options, prepared, { json });
  let refused: unknown;
  const ask: Ask = async (said) => {
    progress.end();
    try {
      return (await conversation?.ask(said)) ?? null;
    } catch (error) {
      refused = error; // The page would make another error of it.
      return null;
    }
  };
  const job = { task, name, request, files: prepared.files, report, signal, partial, ask };
  const { result, file, runtime } = await host(job).finally(() => conversation?.close());
  if (refused) throw refused;
  if (folder && out !== null && file) {
    const { files } = prepared;
    const text = typeof prompt === 'string' ? prompt : null;
    const made = { result, file, files, read: [...read], prompt: text, out, signal, say: report };
    return { ...(result as object), runtime, out, ...(await folder.write(made, options)) };
  }
  if (out === null || !file) return { ...(result as object), runtime };
  writeWhole(out, file);
  return { ...(result as object), runtime, out, bytes: file.length };
}

export function hostFor(options: HostOptions): Host {
  return options.backend === 'dawn' ? dawnHost(options) : chromeHost(options);
}

const PAGE = () => ({ folder: join(packageRoot(), 'dist'), module: 'cli/page.js' });

const codeOf = (error: unknown) => (error instanceof FluoroscopeError ? error.code : 'internal');

/** With a full stop after its sentence; on further lines is what that is about. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^.*[^.:?!…\n](?=\n|$)/, '$&.');
}

function describe(error: unknown): string {
  if (error instanceof FluoroscopeError) return `fluoroscope: [${error.code}] ${messageOf(error)}`;
  const stack = error instanceof Error ? error.stack : undefined;
  return `fluoroscope: [internal] ${messageOf(error)} This is a bug in Fluoroscope.${stack ? `\n${stack}` : ''}`;
}
