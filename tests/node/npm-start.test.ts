/** The start page as `npm start` serves it: by Vite, module by module. */
import { fileURLToPath } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { newPage, problemsOf } from './new-page';
import { settled } from './start-page';

let server: ViteDevServer;
let browser: Browser;

beforeAll(async () => {
  server = await createServer({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    cacheDir: 'node_modules/.vite-page-test',
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  });
  await server.listen();
  browser = await launchChrome();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test.each(['induction', 'modular-addition', 'shakespeare'])(
  '%s loads, runs and is drawn without an error',
  async (name) => {
    const page = await newPage(browser);
    const problems = problemsOf(page);
    await page.goto(`${server.resolvedUrls!.local[0]}#${name}`);
    await settled(page);
    const counters = await page.$eval('#counters', (line) => line.textContent);
    expect(counters).toMatch(/^1 submit · \d+ dispatches · [\d.]+ [kM]B retained · read from .+$/);
    expect(problems).toEqual([]);
    await page.close();
  },
);
