// `npm run docs`: builds the documentation site to docs/dist. `npm run docs:dev` serves it and follows the pages' edits.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
process.env.NODE_ENV ??= 'production'; // what is bundled: Lit without its development warnings

installed('docs');
const importDefault = async (file) => (await runnerImport(`${root}${file}`, { configFile: false })).module.default;
(await importDefault('tests/node/build.ts'))(); // the library, where a source is newer
await (await importDefault('docs/generate/index.ts'))();
if (!process.argv.includes('--generate')) run('npx', ['vitepress', process.argv.includes('--dev') ? 'dev' : 'build']);

/** The site's packages are its own: whoever installs or tests the library alone does not need them. */
function installed(folder) {
  const [lock, mark] = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) => `${folder}/${name}`);
  if (existsSync(mark) && statSync(mark).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log(`${folder}: running npm ci`);
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: 'docs', stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
