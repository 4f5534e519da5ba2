// Installs the packages where they are missing or older than the lock file: before `npm start` and `npm test` the project's
// own, with a folder's name that folder's.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ?? '.';
process.chdir(fileURLToPath(new URL(`../${folder}`, import.meta.url)));
const installed = 'node_modules/.package-lock.json';
const reason = !existsSync(installed)
  ? 'node_modules is missing'
  : statSync('package-lock.json').mtimeMs > statSync(installed).mtimeMs
    ? 'package-lock.json is newer than node_modules'
    : undefined;

if (reason) {
  console.log(`${folder === '.' ? '' : `${folder}: `}${reason}: running npm ci`);
  const { status } = spawnSync('npm ci --no-audit --no-fund', { shell: true, stdio: 'inherit' });
  if (status !== 0) rmSync(installed, { force: true }); // so that the next try does not take it for done
  process.exitCode = status ?? 1;
}
