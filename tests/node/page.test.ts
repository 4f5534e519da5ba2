/** The start page, served by Vite and used in headless Chrome as a reader would: by keyboard, narrow and wide. */
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';

let server: ViteDevServer;
let browser: Browser;
let page: Page;
let problems: string[];

beforeAll(async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  server = await createServer({
    root,
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

beforeEach(async () => {
  page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 900 });
  problems = [];
  page.on('pageerror', (error) => problems.push((error as Error).message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`);
  });
});

afterEach(async () => {
  await page.close();
});

async function open(model = ''): Promise<void> {
  await page.goto(`${server.resolvedUrls!.local[0]}#${model}`);
  await settled();
}

/** Waits until the newest prompt's trace is drawn. */
async function settled(): Promise<void> {
  await page.waitForFunction(() => {
    const model = document.querySelector('fluoro-model');
    const heads = model?.querySelector('fluoro-heads')?.shadowRoot?.querySelector('fluoro-heatmap');
    return model?.state === 'ready' && model.trace && heads?.rowCount === model.trace.program.pos;
  });
}

const tokens = () =>
  page.evaluate(() => {
    const chips = document.querySelector('fluoro-tokens')!.shadowRoot!.querySelectorAll('[part="token"]');
    return [...chips].map((chip) => chip.textContent);
  });

const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The focused element, through the shadow roots: its tag or role, and its label. */
const focused = () =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return `${element?.role ?? element?.localName} ${element?.ariaLabel ?? element?.id ?? ''}`.trim();
  });

test.each(['induction', 'modular-addition', 'shakespeare'])(
  '%s loads, runs and is drawn without an error',
  async (name) => {
    await open(name);
    const counters = await page.$eval('#counters', (line) => line.textContent);
    expect(counters).toMatch(/^1 submit · \d+ dispatches · [\d.]+ [kM]B retained · read from .+$/);
    expect(problems).toEqual([]);
  },
);

test('typing runs again, and the newest text is shown', async () => {
  await open('induction');
  await page.focus('fluoro-tokens >>> textarea');
  await page.keyboard.type(' l p O');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.labels[0]?.at(-1) === 'O');
  await settled();
  await page.waitForFunction(
    () =>
      document.querySelector('fluoro-tokens')!.shadowRoot!.querySelector('[aria-selected="true"]')?.textContent === 'O',
  );
  expect((await tokens()).slice(-4)).toEqual(['V', 'l', 'p', 'O']);
  expect(problems).toEqual([]);
});

test('another model is chosen, a token and a head are selected by keyboard alone', async () => {
  await open('induction');
  const tab = async (to: string) => {
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()).startsWith(to)) return;
    }
    throw new Error(`Tab does not reach ${to}, but ${await focused()}`);
  };
  await tab('input');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.info.model === 'modular-addition');
  await settled();
  expect(await page.evaluate(() => location.hash)).toBe('#modular-addition');
  await tab('textarea');
  await tab('option =, pos 2');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.selection.pos === 1);
  await tab('grid Heads');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.selection.head === 1);
  await tab('grid Attention of layer 0, head 1');
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.selection.query === 0);
  await tab('select');
  await tab('grid Activations of layer 0');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.selection.neuron !== null);
  await tab('tr');
  await page.keyboard.press('ArrowDown');
  expect(problems).toEqual([]);
});

describe.each([360, 1400])('%i px wide', (width) => {
  test.each(['light', 'dark'])('in %s it is accessible and does not overflow', async (value) => {
    await page.setViewport({ width, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await open('shakespeare');
    expect(await overflow()).toBe(0);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    expect(violations).toEqual([]);
  });
});

test('while a model loads the page says so, and how far it is', async () => {
  await page.setRequestInterception(true);
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  page.on('request', async (request) => {
    if (request.url().endsWith('model.safetensors')) await gate;
    await request.continue();
  });
  await page.goto(`${server.resolvedUrls!.local[0]}#induction`);
  await page.waitForFunction(() =>
    /Loading induction: \d/.test(document.querySelector('fluoro-model')?.shadowRoot?.textContent ?? ''),
  );
  await page.waitForSelector('fluoro-model >>> progress');
  go();
  await settled();
  expect(problems).toEqual([]);
});

test('without WebGPU the page explains itself', async () => {
  await page.evaluateOnNewDocument(() => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }));
  await page.goto(server.resolvedUrls!.local[0]!);
  await page.waitForFunction(() => document.querySelector('fluoro-model')?.state === 'error');
  const text = await page.$eval('fluoro-model >>> [part="status"]', (status) => status.textContent);
  expect(text).toContain(
    'This browser offers no WebGPU. Use a recent Chrome, Edge, Safari or Firefox with WebGPU enabled.',
  );
  expect(problems).toEqual([]);
});
