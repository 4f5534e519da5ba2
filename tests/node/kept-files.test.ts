/** Model files in a real page: what a second visit downloads, and what becomes of servers that misbehave. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Browser, Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { newPage } from './new-page';
import { Hosts, sendPackaged } from './package-page';

const fixture = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/induction/${file}`, import.meta.url)));
const WEIGHTS = fixture('model.safetensors');
const NAME = 'fluoroscope-files/2';

const hosts = new Hosts();
let browser: Browser;
let page: Page;
let [here, elsewhere] = ['', ''];
/** Requests for the weights, and the bytes of their bodies that were sent. */
let asked: string[] = [];
let sent = 0;

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

function whole({ method }: IncomingMessage, response: ServerResponse, allow?: string): void {
  const headers = {
    'content-length': WEIGHTS.length,
    etag: '"one"',
    ...(allow && { 'Access-Control-Allow-Origin': allow }),
  };
  response.writeHead(200, headers);
  if (method === 'HEAD') return void response.end();
  sent += WEIGHTS.length;
  response.end(WEIGHTS);
}

/** How the weights are served, by the folder that they are asked for in. */
const behaviours: Readonly<Record<string, Behaviour>> = {
  good: whole,
  open: (request, response) => whole(request, response, '*'),
  elsewhere: (_, response) => void response.writeHead(302, { location: `${elsewhere}/weights` }).end(),
  closed: (_, response) => void response.writeHead(302, { location: `${elsewhere}/without-cors` }).end(),
  page: (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Log in'),
  halfway: (_, response) => {
    // Ignores Range: the file begins anew each time, and comes to its end the third time.
    response.writeHead(200, { 'content-length': WEIGHTS.length, etag: '"one"' });
    if (asked.length > 2) response.end(WEIGHTS);
    else response.write(WEIGHTS.subarray(0, WEIGHTS.length / 2), () => setTimeout(() => response.destroy(), 50));
  },
  never: (_, response) => {
    response.writeHead(200, { 'content-length': WEIGHTS.length, etag: '"one"' });
    response.write(WEIGHTS.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20));
  },
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url!, 'http://127.0.0.1');
  const [, folder, file] = /^\/models\/(\w+)\/([\w.]+)$/.exec(pathname) ?? [];
  if (pathname === '/page.html') {
    response.setHeader('Content-Type', 'text/html');
    response.end('<script type="module" src="main.js"></script>');
  } else if (pathname === '/sandboxed.html') {
    response.setHeader('Content-Type', 'text/html');
    response.end('<iframe sandbox="allow-scripts" src="page.html"></iframe>');
  } else if (pathname === '/main.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end(`import { loadReferenceModel } from './dist/index.js'; globalThis.load = loadReferenceModel;`);
  } else if (pathname === '/weights') whole(request, response, '*');
  else if (pathname === '/without-cors') whole(request, response);
  else if (folder && file === 'model.safetensors') {
    asked.push(request.method!);
    behaviours[folder]!(request, response);
  } else sendPackaged(folder ? `/fixtures/induction/${file}` : pathname, response);
}

/** Loads a model in the page: its weights' hash, or the error's code and sentence. */
async function load(folder: string, where: Page | Frame = page): Promise<string> {
  [asked, sent] = [[], 0];
  return where.evaluate(async (address) => {
    const { load } = globalThis as unknown as { load: typeof import('../../src/index').loadReferenceModel };
    try {
      const model = await load(address, { worker: false });
      model.dispose();
      return model.weightsHash;
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      return `${code}: ${message}`;
    }
  }, `${here}/models/${folder}/`);
}

async function visit(): Promise<void> {
  await page.goto(`${here}/page.html`);
  await page.waitForFunction(() => 'load' in globalThis);
}

/** The files that are kept, once there are so many. */
const kept = (count: number) =>
  page.waitForFunction(
    async (name, count) => (await (await caches.open(name)).keys()).length === count,
    {},
    NAME,
    count,
  );

beforeAll(async () => {
  [here, elsewhere] = [await hosts.open(answer), await hosts.open(answer)];
  browser = await launchChrome();
  page = await newPage(browser);
  await visit();
});

afterAll(async () => {
  await browser?.close();
  hosts.close();
});

const hash = /^[0-9a-f]{64}$/;

test('a second visit to the page downloads no weights; after a byte has changed on the disk it does, once', async () => {
  const first = await load('good');
  expect(first).toMatch(hash);
  expect([asked, sent]).toEqual([['GET'], WEIGHTS.length]);
  await kept(1);
  await visit();
  expect(await load('good')).toBe(first);
  expect([asked, sent]).toEqual([['HEAD'], 0]);

  await page.evaluate(
    async (name, url) => {
      const cache = await caches.open(name);
      const entry = (await cache.match(url))!;
      const bytes = new Uint8Array(await entry.arrayBuffer());
      bytes[bytes.length - 100]! ^= 1;
      await cache.put(url, new Response(bytes, { headers: entry.headers }));
    },
    NAME,
    `${here}/models/good/model.safetensors`,
  );
  await visit();
  expect(await load('good')).toBe(first);
  expect(asked).toEqual(['HEAD', 'GET']);
  await kept(1);
  expect(await load('good')).toBe(first);
  expect([asked, sent]).toEqual([['HEAD'], 0]);
});

test('an address that redirects to another origin, which allows it, is followed; one that does not is refused', async () => {
  expect(await load('elsewhere')).toMatch(hash);
  expect(await load('closed')).toMatch(
    /^fetch-failed: .* check the address, .* from another origin, its CORS headers$/,
  );
});

test('a page in place of the weights, and a server that always breaks off, are refused with a sentence', async () => {
  expect(await load('page')).toMatch(
    /^fetch-failed: .*\/models\/page\/model\.safetensors answers with a web page, not/,
  );
  expect(await load('never')).toMatch(/^fetch-failed: .* got 1000 of \d+ bytes in 4 attempts in a row/);
});

test('a server that stops halfway and ignores Range is asked until the file is there', async () => {
  expect(await load('halfway')).toBe(await load('good'));
});

test('a sandboxed frame, which has an opaque origin and may keep nothing, downloads the model each time', async () => {
  const expected = await load('good');
  await page.goto(`${here}/sandboxed.html`);
  const frame = await page.waitForFrame((one) => one.url().endsWith('/page.html'));
  await frame.waitForFunction(() => 'load' in globalThis);
  expect(await frame.evaluate(() => self.origin)).toBe('null');
  for (let visit = 0; visit < 2; visit++) {
    expect(await load('open', frame)).toBe(expected);
    expect(asked).toEqual(['GET']);
  }
  await visit();
});
