/** The built package in real pages: where a reference model walks, under what content security policy and from where. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { newPage, problemsOf } from './new-page';
import { Hosts, sendPackaged } from './package-page';

const hosts = new Hosts();
let browser: Browser;
let [here, elsewhere] = ['', ''];

/** A page that says on which thread a pass was walked, and what its last logit was. */
const script = (library: string) => `
  import { loadReferenceModel } from '${library}/dist/index.js';
  const model = await loadReferenceModel('${library}/fixtures/induction/');
  const trace = await model.run('<bos> a b a');
  const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1, vocab: -1 });
  document.title = JSON.stringify({ thread: model.thread, logit: data[0] });`;

/** A page's address says its policy and where its package is. */
function answer({ url }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url!, 'http://127.0.0.1');
  const library = searchParams.get('library');
  if (pathname.endsWith('.html')) {
    response.setHeader('Content-Type', 'text/html');
    response.setHeader('Content-Security-Policy', `default-src 'none'; img-src 'self'; ${searchParams.get('policy')}`);
    response.end(
      pathname === '/page.html'
        ? `<script type="module" src="main.js?library=${library}"></script>`
        : `<script type="module" src="${library}/dist/cdn/heads.js"></script>
           <fluoro-model src="${library}/fixtures/induction/" prompt="&lt;bos> a b a"><fluoro-heads></fluoro-heads></fluoro-model>`,
    );
  } else if (pathname === '/favicon.ico') response.writeHead(204).end();
  else if (pathname === '/main.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.end(script(library!));
  } else sendPackaged(pathname, response);
}

async function visit(library: string, policy: string) {
  const page = await newPage(browser);
  const problems = problemsOf(page);
  try {
    await page.goto(`${here}/page.html?${new URLSearchParams({ library, policy })}`);
    await page.waitForFunction(() => document.title !== '');
    return { ...(JSON.parse(await page.title()) as { thread: string; logit: number }), problems };
  } finally {
    await page.close();
  }
}

beforeAll(async () => {
  [here, elsewhere] = [await hosts.open(answer), await hosts.open(answer)];
  browser = await launchChrome();
});

afterAll(async () => {
  await browser?.close();
  hosts.close();
});

const own = "script-src 'self'; connect-src 'self'";

test('its own origin: in a worker under worker-src self, and no word on the console', async () => {
  const { thread, logit, problems } = await visit(here, `${own}; worker-src 'self'`);
  expect([thread, problems]).toEqual(['worker', []]);
  const blob = await visit(here, `${own}; worker-src blob:`);
  expect(blob).toMatchObject({ thread: 'worker', logit });
});

test('another origin: in a worker under worker-src blob:, and no word on the console', async () => {
  const policy = `script-src 'self' ${elsewhere}; connect-src ${elsewhere}; worker-src blob:`;
  const { thread, problems } = await visit(elsewhere, policy);
  expect([thread, problems]).toEqual(['worker', []]);
});

test('an element from one script tag of another origin, in a browser without WebGPU: live, in one worker', async () => {
  const policy = `script-src ${elsewhere}; connect-src ${elsewhere}; worker-src blob:; style-src 'self'`;
  const page = await newPage(browser);
  await page.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
  const problems = problemsOf(page);
  await page.goto(`${here}/element.html?${new URLSearchParams({ library: elsewhere, policy })}`);
  await page.waitForFunction(() => document.querySelector('fluoro-model')?.trace?.kind === 'reference');
  expect(page.workers().length).toBe(1);
  expect(problems).toEqual([]);
  await page.evaluate(() => document.querySelector('fluoro-model')!.remove());
  await expect.poll(() => page.workers()).toEqual([]);
  await page.close();
});

test('where the policy allows no worker: on the page, with the same values', async () => {
  const { logit } = await visit(here, `${own}; worker-src 'self'`);
  expect(await visit(here, `${own}; worker-src 'none'`)).toMatchObject({ thread: 'page', logit });
});
