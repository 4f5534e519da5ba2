/** Runs the command line as a user does, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';

export interface Ended {
  /** null where a signal or the time limit ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Chrome that cannot start: a command that fails for another reason has failed before it needed one. */
export const NO_CHROME = { PUPPETEER_EXECUTABLE_PATH: '/nowhere/chrome' };

/** Below that of a test, so that what hangs is told with what it said. */
const LIMIT_MS = 270_000;

/** @param detached in a process group of its own, as a terminal starts it */
export function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
  detached = false,
): ChildProcess {
  const main = resolve('dist/cli/main.js');
  // On a busy machine any command may take long enough to say what it is at.
  const silent = { FLUOROSCOPE_PROGRESS_MS: '1e9' };
  const options = { env: { ...process.env, ...silent, ...env }, cwd, detached, timeout: LIMIT_MS };
  return spawn(process.execPath, [main, ...args], options);
}

/** @param env of a command that starts a Chrome of its own, if any; without it all commands share one */
export function fluoroscope(
  args: readonly string[],
  env: NodeJS.ProcessEnv = { FLUOROSCOPE_CHROME: inject('chrome') },
  cwd?: string,
): Promise<Ended> {
  return ended(start(args, env, cwd));
}

/** Waits until the process and all that hold its output are gone. */
export function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'fluoroscope-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A copy of the induction model for a test to break. */
export function copyOfInduction(folder: string, name: string): string {
  const copy = join(folder, name);
  for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) {
    cpSync(join('fixtures/induction', file), join(copy, file));
  }
  return copy;
}
