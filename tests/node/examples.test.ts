/**
 * Projects as people write them (tests/examples), with the packed package: installed from their lock files, built, and opened
 * under the policy of docs/guide/csp.md. VitePress writes scripts of its own into its pages, which are let in by their hashes;
 * its theme has style attributes, makes style elements as it runs and comes with a typeface, so styles and fonts are let in.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { launchChrome } from '../../src/cli/chrome';
import { type Served, serve } from './docs/server';
import { temporaryFolder } from './fluoroscope';
import { installExample } from './installed-example';
import { newPage, problemsOf } from './new-page';
import { env, pack, run } from './packed';

const CDN = 'https://cdn.example';
const PROMPT = '<bos> z y a b c d x w v u t s r q p o n m l k j i a b c';

const folder = temporaryFolder();
const served: Served[] = [];
let browser: Browser;
let tarball = '';

/** The folder of the package itself, as any of the projects has it. */
const installed = (project: string) => join(folder.path, project, 'node_modules/fluoroscope');

beforeAll(async () => {
  ({ tarball } = await pack(folder.path));
  await installExample('html', folder.path, tarball);
  // As the guide says: `npx fluoroscope trace`.
  const out = join(folder.path, 'induction.safetensors');
  const args = ['fluoroscope', 'trace', 'induction', '--prompt', PROMPT, '--out', out];
  await run('npx', args, { cwd: join(folder.path, 'html'), env });
  browser = await launchChrome();
});

afterAll(async () => {
  await browser?.close();
  for (const one of served) await one.close();
  folder.remove();
});

/** Puts the recorded trace, and the model where it is no built-in one, where a project's pages expect them. */
function publish(site: string, model: boolean): void {
  mkdirSync(join(site, 'traces'), { recursive: true });
  cpSync(join(folder.path, 'induction.safetensors'), join(site, 'traces/induction.safetensors'));
  if (model) cpSync(join(installed('html'), 'fixtures/induction'), join(site, 'models/induction'), { recursive: true });
}

/** Scripts that a page holds itself, by their hashes. */
function hashes(html: string): string[] {
  return [...html.matchAll(/<script\b([^>]*)>(.*?)<\/script>/gs)]
    .filter(([, attributes]) => !/\bsrc=/.test(attributes!))
    .map(([, , text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`);
}

/** @param code another origin that the scripts come from @param more what the page's host asks for besides */
function policy(html: string, code = '', more: Readonly<Record<string, string>> = {}): string {
  const rules: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'script-src': ["'self'", code, ...hashes(html)],
    'style-src': ["'self'"],
    'connect-src': ["'self'", code],
    'img-src': ["'self'", 'data:', 'blob:'],
    'worker-src': ["'self'", code && 'blob:'],
  };
  for (const [name, allowed] of Object.entries(more)) rules[name] = [...(rules[name] ?? []), allowed];
  const lines = Object.entries(rules).map(([name, allowed]) => [name, ...allowed].filter(Boolean).join(' '));
  return lines.join('; ');
}

/** A site whose page has a policy of its own. */
async function host(site: string, html: string, rules: string): Promise<Served> {
  const one = await serve(site);
  served.push(one);
  one.pages.set('/', { html, headers: { 'Content-Security-Policy': rules } });
  return one;
}

const kind = (page: Page) => page.$eval('fluoro-model', ({ trace }) => trace?.kind);
const badge = (page: Page) => page.$eval('fluoro-model >>> [part="badge"]', ({ textContent }) => textContent);

/** The recording is there before any weight is asked for; a click turns it live; nobody complains of anything. */
async function expectAlive({ url, asked }: Served, code = asked): Promise<void> {
  const page = await newPage(browser);
  const problems = problemsOf(page);
  const weights = () => code.filter((request) => /^GET .*model\.safetensors$/.test(request));
  await page.goto(url);
  const drawn = await page.waitForSelector('fluoro-heads >>> [part~="pattern"]');
  expect(await drawn!.evaluate((map) => map.shadowRoot!.querySelector('canvas')!.width)).toBeGreaterThan(0);
  expect([await kind(page), await badge(page), weights()]).toEqual(['recorded', 'recorded', []]);
  await page.locator('fluoro-model >>> [part="run"]').click(); // Not amid a move of what is above it.
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.kind === 'live');
  expect([await badge(page), weights().length]).toEqual(['live', 1]);
  expect(problems).toEqual([]);
  await page.close();
}

test('a page without a bundler takes the scripts and the model from another host', async () => {
  const site = join(folder.path, 'cdn');
  publish(site, false);
  const one = `/fluoroscope@${pkg.version}/`;
  const shared = { 'Access-Control-Allow-Origin': '*' };
  const cdn = await serve(
    installed('html'),
    (path) => (path.startsWith(one) ? path.slice(one.length) : 'none'),
    shared,
  );
  served.push(cdn);
  const written = readFileSync('tests/examples/cdn/index.html', 'utf8');
  expect(written.split(CDN).length).toBe(2);
  const html = written.replace(CDN, cdn.url);
  await expectAlive(await host(site, html, policy(html, cdn.url)), cdn.asked);
});

describe.each([
  ['html', 'dist', 0, {}],
  ['vitepress', '.vitepress/dist', 3, { 'style-src': "'unsafe-inline'", 'font-src': "'self'" }],
  ['astro', 'dist', 0, {}],
] as const)('%s', (name, built, inlineScripts, more) => {
  const project = join(folder.path, name);

  beforeAll(async () => {
    if (!existsSync(project)) await installExample(name, folder.path, tarball);
    publish(join(project, 'public'), true);
    await run('npm', ['run', 'build'], { cwd: project, env: { ...env, ASTRO_TELEMETRY_DISABLED: '1' } });
  });

  test('shows the recording, then the live run, under a strict policy', async () => {
    const site = join(project, built);
    const html = readFileSync(join(site, 'index.html'), 'utf8');
    expect(hashes(html).length).toBe(inlineScripts);
    await expectAlive(await host(site, html, policy(html, '', more)));
  });
});
