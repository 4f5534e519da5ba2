/** Before the tests in Node: builds dist/, which the command line runs from, where a source is newer. */
import { execSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const RESULTS = ['dist/cli/page.js', 'dist/types/src/index.d.ts', 'dist/cdn/all.js', 'dist/custom-elements.json'];
const SOURCES = ['src', 'shaders', 'components', 'scripts', 'package.json', 'vite.config.ts'];

export default function build(): void {
  const built = Math.min(...RESULTS.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
  if (Math.max(...SOURCES.map(newest)) > built) execSync('npm run build', { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** When a file, or one of a folder, was changed last, in milliseconds. */
export function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
