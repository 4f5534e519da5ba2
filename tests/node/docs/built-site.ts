/** The site of docs/, built once in a run of the tests, however many files ask for it: whoever comes second waits. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

const BUILDING = 'docs/.cache/building';
const BUILT = 'docs/.cache/built';
/** All workers of a run have the same parent. */
const RUN = String(process.ppid);

/** @returns the folder of the pages */
export async function buildSite(): Promise<string> {
  mkdirSync('docs/.cache', { recursive: true });
  while (!taken()) await after(500);
  try {
    if (!existsSync(BUILT) || readFileSync(BUILT, 'utf8') !== RUN) {
      execFileSync('npm', ['run', 'docs'], { stdio: ['ignore', 'ignore', 'inherit'] });
      writeFileSync(BUILT, RUN);
    }
  } finally {
    rmSync(BUILDING, { recursive: true });
  }
  return 'docs/dist';
}

/** Whether it is this file's turn; one that ended amid building has left its turn behind. */
function taken(): boolean {
  try {
    mkdirSync(BUILDING);
    writeFileSync(`${BUILDING}/pid`, String(process.pid));
    return true;
  } catch {
    const pid = existsSync(`${BUILDING}/pid`) ? Number(readFileSync(`${BUILDING}/pid`, 'utf8')) : null;
    if (pid !== null && !isRunning(pid)) rmSync(BUILDING, { recursive: true, force: true });
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
