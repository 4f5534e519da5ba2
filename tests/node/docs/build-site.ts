/**
 * Before the tests of the site: installs its packages and builds it, where a source is newer, for a server that holds it
 * below a base. What `npm run docs` has built in docs/dist is left alone.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { newest } from '../build';
import { type Served, serve } from './server';

export const SITE = 'docs/.cache/site';
export const BASE = '/fluoroscope/';

const BUILT = 'docs/.cache/built';
const SOURCES = ['dist', 'src', 'shaders', 'components', 'fixtures', 'scripts/docs.mjs', 'package.json'];
/** What the build itself writes into docs/. */
const WRITTEN: readonly string[] = [
  '.cache',
  'api',
  'components',
  'dist',
  'kernels',
  'node_modules',
  'public',
  'reference',
];

export default function buildSite(): void {
  execFileSync(process.execPath, ['scripts/install.mjs', 'docs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const written = readdirSync('docs').filter((name) => !WRITTEN.includes(name));
  const sources = [...SOURCES, ...written.map((name) => `docs/${name}`)];
  const built = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...sources.map(newest)) <= built) return;
  const env = { ...process.env, DOCS_BASE: BASE, DOCS_OUT: '.cache/site', NODE_ENV: 'production' };
  execFileSync(process.execPath, ['scripts/docs.mjs'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  writeFileSync(BUILT, '');
}

/** The built site, at its base and nowhere else. @returns it, with the base at the end of its `url` */
export async function serveSite(): Promise<Served> {
  const nowhere = '/nothing-beside-the-base';
  const site = await serve(SITE, (path) => (path.startsWith(BASE) ? path.slice(BASE.length - 1) : nowhere));
  return { ...site, url: site.url + BASE.slice(0, -1) };
}
