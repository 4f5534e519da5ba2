// `npm run docs`: builds the documentation site to docs/dist. `npm run docs:dev` serves it and follows the pages' edits.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
process.env.NODE_ENV ??= 'production'; // what is bundled: Lit without its development warnings

const importDefault = async (file) => (await runnerImport(`${root}${file}`, { configFile: false })).module.default;
(await importDefault('tests/node/build.ts'))(); // the library, where a source is newer
await (await importDefault('docs/generate/index.ts'))();
if (!process.argv.includes('--generate')) run('npx', ['vitepress', process.argv.includes('--dev') ? 'dev' : 'build']);

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: 'docs', stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
