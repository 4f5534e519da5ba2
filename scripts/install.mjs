// Before `npm start` and `npm test`: installs the packages where they are missing or older than the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const installed = 'node_modules/.package-lock.json';
const reason = !existsSync(installed)
  ? 'node_modules is missing'
  : statSync('package-lock.json').mtimeMs > statSync(installed).mtimeMs
    ? 'package-lock.json is newer than node_modules'
    : undefined;

if (reason) {
  console.log(`${reason}: running npm ci`);
  const { status } = spawnSync('npm ci --no-audit --no-fund', { shell: true, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
