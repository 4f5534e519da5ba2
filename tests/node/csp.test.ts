/** dist/cdn on pages with a strict content security policy, from the page's own origin and from another one. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { until } from '../harness/until';
import { loadedFirst, loadedNext, MOST, scripts, weight } from './cdn-files';
import { fluoroscope, temporaryFolder } from './fluoroscope';
import { newPage } from './new-page';

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.json': 'application/json', '.html': 'text/html' };
const folder = temporaryFolder();
const pages = new Map<string, { readonly html: string; readonly policy: string }>();
/** Bytes of scripts as they would travel, by path, since the last `asked.clear()`. */
const asked = new Map<string, number>();
/** The files of dist/cdn that are served at once, while only some are; the others wait. */
let early: { readonly files: ReadonlySet<string>; readonly over: Promise<void> } | null = null;
/** Files whose connection breaks. */
let broken: RegExp | null = null;
let site: Server;
let cdn: Server;
let browser: Browser;

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** The policy of docs/guide/csp.md, and blob: for a worker from another origin. */
const policy = (code: string) =>
  [
    "default-src 'none'",
    `script-src ${code}`,
    "style-src 'self'",
    `connect-src 'self' ${code === "'self'" ? '' : code}`.trim(),
    "img-src 'self' data: blob:",
    `worker-src 'self' blob:`,
  ].join('; ');

function serve(): Promise<Server> {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://host').pathname);
    const page = pages.get(path);
    if (broken?.test(path)) return void response.destroy();
    if (path === '/favicon.ico') return void response.writeHead(204).end();
    if (page) {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': page.policy });
      return void response.end(page.html);
    }
    const file = path === '/trace.safetensors' ? join(folder.path, path) : join('.', path);
    if (!existsSync(file) || path === '/') return void response.writeHead(404).end();
    if (extname(file) === '.js' && !early?.files.has(basename(file))) await early?.over;
    const bytes = readFileSync(file);
    if (extname(file) === '.js') asked.set(path, gzipSync(bytes, { level: 9 }).length);
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Length': bytes.length,
      'Access-Control-Allow-Origin': '*',
    });
    response.end(bytes);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  const out = join(folder.path, 'trace.safetensors');
  const recorded = await fluoroscope(['trace', 'induction', '--tokens', '0,5,9,2,5,9', '--out', out]);
  expect(recorded).toMatchObject({ status: 0 });
  [site, cdn, browser] = await Promise.all([serve(), serve(), launchChrome()]);
});

afterAll(async () => {
  await browser?.close();
  site?.close();
  cdn?.close();
  folder.remove();
});

/** Opens a page and collects what a browser complains of. */
async function open(html: string, rules: string): Promise<{ page: Page; problems: string[] }> {
  const path = `/page-${pages.size}.html`;
  pages.set(path, {
    html: `<!doctype html><html lang="en"><title>A page</title><body>${html}</body></html>`,
    policy: rules,
  });
  const page = await newPage(browser);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push((error as Error).message));
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) problems.push(`${message.text()} ${message.location().url ?? ''}`);
  });
  await page.exposeFunction('violated', (text: string) => problems.push(text));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        const { violated } = globalThis as unknown as { violated: (text: string) => void };
        violated(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
      },
    );
  });
  asked.clear();
  await page.goto(originOf(site) + path);
  return { page, problems };
}

const isDrawn = (tag: string) => {
  const text = document.querySelector(tag)?.shadowRoot?.querySelector('.frame')?.textContent ?? '';
  return text.trim() !== '' && !/Waiting for|Reading from|Running the|Nothing to show/.test(text);
};

const drawn = (page: Page, tag: string) => page.waitForFunction(isDrawn, {}, tag);

/** The model that the page shows turns live. */
async function goLive(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector('fluoro-model')!.load());
  await live(page);
}

const live = (page: Page) => page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.kind === 'live');

const page = (scripts: readonly string[], inside: string, base = '') => `
  ${scripts.map((name) => `<script type="module" src="${base}/dist/cdn/${name}.js"></script>`).join('\n')}
  <fluoro-model src="/fixtures/induction/" trace="/trace.safetensors" prompt="0 5 9 2 5 9" loading="click">${inside}</fluoro-model>`;

/** Opens a page with an element, and waits until it is drawn, all scripts withheld but those that are counted for that. */
async function openWithFirst(name: string): ReturnType<typeof open> {
  let release = () => {};
  const over = new Promise<void>((resolve) => (release = resolve));
  early = { files: loadedFirst(`${name}.js`), over };
  try {
    const opened = await open(page([name], `<fluoro-${name}></fluoro-${name}>`), policy("'self'"));
    await drawn(opened.page, `fluoro-${name}`);
    return opened;
  } finally {
    early = null;
    release();
  }
}

describe('a page with one script tag', () => {
  test('draws a recorded trace of at most 35 kB of scripts, then the live one with what is stated for it', async () => {
    const files = loadedFirst('heads.js');
    expect(weight(files), [...files].join(' ')).toBeLessThanOrEqual(MOST.first);
    const { page: shown, problems } = await openWithFirst('heads');
    expect(await shown.$eval('fluoro-model', ({ state, trace }) => [state, trace?.kind])).toEqual([
      'recorded',
      'recorded',
    ]);
    // What a recording fetches after its picture is no part of what turns it live.
    await shown.waitForFunction(() => {
      const root = document.querySelector('fluoro-model')!.shadowRoot!;
      const [size, why] = ['run', 'explanation'].map((part) => root.querySelector(`[part="${part}"]`)?.textContent);
      return size && !size.includes('…') && why;
    });
    await shown.waitForNetworkIdle();
    asked.clear();
    await goLive(shown);
    // What the next key press takes comes when the page is idle: it has a ceiling of its own.
    const next = loadedNext().map((name) => `/dist/cdn/${name}`);
    await until(() => next.every((path) => asked.has(path)));
    await shown.waitForNetworkIdle();
    for (const path of next) asked.delete(path);
    const bytes = [...asked.values()].reduce((sum, one) => sum + one, 0);
    expect(bytes, JSON.stringify([...asked], null, 1)).toBeLessThanOrEqual(MOST.live + MOST.tokenizer);
    expect(problems).toEqual([]);
    await shown.close();
  });

  const elements = scripts().map((script) => script.replace('.js', ''));
  test.each(
    elements.filter((name) => !['all', 'model', 'edit-actions', 'formation', 'algorithm', 'wave-grid'].includes(name)),
  )('draws the first picture of <fluoro-%s> with what is counted alone', async (name) => {
    const { page: shown, problems } = await openWithFirst(name);
    expect(problems).toEqual([]);
    await shown.close();
  });

  test('works from another origin, and finds the built-in models there', async () => {
    const code = originOf(cdn);
    const html = page(['heads'], '<fluoro-heads></fluoro-heads>', code).replace(
      'src="/fixtures/induction/"',
      'src="induction"',
    );
    const { page: shown, problems } = await open(html, policy(code));
    await drawn(shown, 'fluoro-heads');
    await goLive(shown);
    expect(problems).toEqual([]);
    await shown.close();
  });
});

test('all elements of one page draw a recorded trace, and then the live one, under the strict policy', async () => {
  const tags = [
    'tokens',
    'heads',
    'neurons',
    'lens',
    'attribution',
    'program',
    'buffer',
    'explain',
    'kernel',
    'residual',
  ];
  const inside = tags.map((name) => `<fluoro-${name}></fluoro-${name}>`).join('');
  const { page: shown, problems } = await open(page(tags, inside), policy("'self'"));
  for (const name of ['tokens', 'heads', 'program']) await drawn(shown, `fluoro-${name}`);
  await goLive(shown);
  for (const name of tags) await drawn(shown, `fluoro-${name}`);
  expect(problems).toEqual([]);
  await shown.close();
});

test('code that does not come is said of, and is fetched where it is asked for again', async () => {
  broken = /figure-menu|live-half/;
  onTestFinished(() => void (broken = null));
  const { page: shown } = await open(page(['heads'], '<fluoro-heads></fluoro-heads>'), policy("'self'"));
  await drawn(shown, 'fluoro-heads');
  const press = (selector: string) =>
    shown.$eval(`fluoro-heads >>> ${selector}`, (button) => (button as HTMLElement).click());
  const said = (host: string) =>
    shown.evaluate((host) => document.querySelector(host)!.shadowRoot!.querySelector('.problem')?.textContent, host);
  for (const ask of ['load', 'retry'] as const) {
    await press('#actions-button');
    await expect
      .poll(() => said('fluoro-heads'))
      .toMatch(/^The menu did not come: .*figure-menu.*\. Check the connection\.$/);
    await shown.$eval('fluoro-model', (model, ask) => model[ask](), ask);
    await expect
      .poll(() => said('fluoro-model'))
      .toMatch(/^The code that runs models did not come: .*live-half.*\. Check the connection\./);
  }
  broken = null;
  await press('#actions-button');
  await shown.waitForFunction(() =>
    document.querySelector('fluoro-heads')!.shadowRoot!.querySelector('#actions-menu')?.matches(':popover-open'),
  );
  await shown.$eval('fluoro-model', (model) => model.retry());
  await live(shown);
  expect([await said('fluoro-heads'), await said('fluoro-model')]).toEqual([undefined, undefined]);
  await shown.close();
});

test('the policy is what keeps inline scripts and style attributes out: the page reports them', async () => {
  const { page: shown, problems } = await open('<p style="color: red">text</p>', policy("'self'"));
  await expect.poll(() => problems.join('\n')).toContain('style-src');
  await shown.close();
});
