/** The start page as it is built, used in headless Chrome as a reader would: by keyboard, narrow and wide. */
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { newPage, problemsOf } from './new-page';
import { type BuiltPage, buildPage, settled } from './start-page';

let site: BuiltPage;
let browser: Browser;
let page: Page;
let problems: string[];
/** Lets the second half of a model's weights go, where the server announces the length of nothing else. */
let goOn = () => {};

beforeAll(async () => {
  site = await buildPage({
    name: 'chunked',
    configurePreviewServer: ({ middlewares }) => void middlewares.use('/chunked', sendChunked),
  });
  browser = await launchChrome();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  page = await newPage(browser);
  await page.setViewport({ width: 1400, height: 900 });
  problems = problemsOf(page);
});

afterEach(async () => {
  await page.close();
});

/** As most servers do: what is compressed on the way, as JSON is, comes without a Content-Length. */
function sendChunked({ url }: IncomingMessage, response: ServerResponse): void {
  const file = fileURLToPath(new URL(`../../fixtures/induction${url}`, import.meta.url));
  if (!existsSync(file)) return void response.writeHead(404).end();
  const bytes = readFileSync(file);
  if (file.endsWith('.json')) {
    response.write(bytes.subarray(0, 10));
    return void response.end(bytes.subarray(10));
  }
  response.setHeader('Content-Length', bytes.length);
  response.write(bytes.subarray(0, bytes.length / 2));
  goOn = () => response.end(bytes.subarray(bytes.length / 2));
}

async function open(model = ''): Promise<void> {
  await page.goto(`${site.url}#${model}`);
  await settled(page);
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

/** What axe finds wrong on the whole page. */
async function violations(): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, { resultTypes: ['violations'], selectors: false });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

test('typing runs again, and the newest text is shown', async () => {
  await open('induction');
  await page.focus('fluoro-tokens >>> textarea');
  await page.keyboard.type(' l p O');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.labels[0]?.at(-1) === 'O');
  await settled(page);
  expect(await page.$eval('fluoro-tokens >>> [aria-selected="true"]', ({ textContent }) => textContent)).toBe('O');
  expect((await tokens()).slice(-4)).toEqual(['V', 'l', 'p', 'O']);
  expect(problems).toEqual([]);
});

test('another model is chosen, a token and a head are selected by keyboard alone', async () => {
  await open('induction');
  const tab = async (to: string) => {
    for (let presses = 0; presses < 100; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()).startsWith(to)) return;
    }
    throw new Error(`Tab does not reach ${to}, but ${await focused()}`);
  };
  await tab('input');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.info.model === 'modular-addition');
  await settled(page);
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

test('the pass is stopped, stepped and looked into by keyboard alone, and is accessible there', async () => {
  await open('induction');
  // Keys count where nothing is under way.
  const where = () =>
    page.$eval('fluoro-debugger >>> [aria-busy="false"] + [part="where"]', (told) => told.textContent!.trim());
  expect(await page.$$eval('fluoro-debugger >>> fluoro-buffer', (panels) => panels.length)).toBe(0);
  await page.focus('fluoro-debugger >>> [part~="start"]');
  await page.keyboard.press('Enter');
  await expect.poll(where).toMatch(/^Nothing has run yet/);
  await page.keyboard.press('s');
  await expect.poll(where).toMatch(/^Step 0 /);
  for (let presses = 0; presses < 20 && !(await focused()).startsWith('tr'); presses++)
    await page.keyboard.press('Tab');
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('b');
  await page.keyboard.press('c');
  await expect.poll(where).toMatch(/^Stopped at the breakpoint before \S+\. Step 5 .* Next is step 6 /s);
  await page.waitForSelector('fluoro-debugger >>> fluoro-explain >>> [part="verdict"]');
  await page.waitForSelector('fluoro-debugger >>> fluoro-kernel >>> [part="source"]');
  await page.waitForSelector('fluoro-debugger >>> fluoro-buffer >>> [part="map"]');
  expect(await violations()).toEqual([]);
  await page.setViewport({ width: 360, height: 800 });
  await expect.poll(overflow).toBe(0);
  expect(problems).toEqual([]);
});

describe.each([360, 1400])('%i px wide', (width) => {
  test.each(['light', 'dark'])('in %s it is accessible and does not overflow', async (value) => {
    await page.setViewport({ width, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await open('shakespeare');
    await expect.poll(overflow).toBe(0);
    expect(await violations()).toEqual([]);
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
  await page.goto(`${site.url}#induction`);
  await page.waitForFunction(() =>
    /Loading induction: \d/.test(document.querySelector('fluoro-model')?.shadowRoot?.textContent ?? ''),
  );
  await page.waitForSelector('fluoro-model >>> progress');
  go();
  await settled(page);
  expect(problems).toEqual([]);
});

test('a determinate bar needs the length of the weights only', async () => {
  await open('modular-addition');
  await page.$eval('fluoro-model', (model) => {
    const totals: (number | null)[] = [];
    model.addEventListener('fluoro-progress', ({ detail }) => totals.push(detail.total));
    Object.assign(model, { src: '/chunked', prompt: '<bos> a b', totals });
  });
  await page.waitForFunction(() =>
    /Loading \/chunked: [\d.]+ [kM]B of [\d.]+ [kM]B…/.test(
      document.querySelector('fluoro-model')!.shadowRoot!.textContent!,
    ),
  );
  const progress = () => page.$eval('fluoro-model >>> progress', ({ position, max }) => ({ position, max }));
  await expect.poll(async () => (await progress()).position).toBeGreaterThan(0.4);
  expect((await progress()).position).toBeLessThan(1);
  goOn();
  await settled(page);
  const length = (file: string) => readFileSync(new URL(`../../fixtures/induction/${file}`, import.meta.url)).length;
  const weights = length('model.safetensors');
  const totals = await page.$eval('fluoro-model', (model) => (model as unknown as { totals: number[] }).totals);
  expect(totals[0]).toBeNull();
  // The length of the small files alone would show a bar that is nearly done before the weights begin.
  expect(totals.filter((total) => total !== null && total < weights)).toEqual([]);
  expect(totals.at(-1)).toBeGreaterThanOrEqual(weights + length('config.json'));
});

test('Back returns to the model before, with the text that was typed for it', async () => {
  const model = () =>
    page.$eval('fluoro-model', ({ src, prompt }) => [src, prompt, new URL(document.URL).hash].join(' | '));
  await open('induction');
  const given = await page.$eval('fluoro-tokens >>> textarea', ({ value }) => value);
  await page.focus('fluoro-tokens >>> textarea');
  await page.keyboard.press('End');
  await page.keyboard.type(' l p');
  await settled(page);
  const shows = async (name: string) => {
    await page.waitForFunction((src) => document.querySelector('fluoro-model')!.src === src, {}, name);
    await settled(page);
  };
  const click = async (name: string) => {
    await page.click(`input[value="${name}"]`);
    await shows(name);
  };
  await click('modular-addition');
  expect(await model()).toBe('modular-addition | 12 34 = | #modular-addition');
  await click('induction');
  expect(await model()).toBe(`induction | ${given} l p | #induction`);
  expect(await page.$eval('fluoro-tokens >>> textarea', ({ value }) => value)).toBe(`${given} l p`);
  await page.goBack();
  await shows('modular-addition');
  expect(await model()).toBe('modular-addition | 12 34 = | #modular-addition');
  expect(await page.$eval('input:checked', (input) => (input as HTMLInputElement).value)).toBe('modular-addition');
  await page.goBack();
  await shows('induction');
  expect(await model()).toBe(`induction | ${given} l p | #induction`);
  expect(problems).toEqual([]);
});

test('another model is shown without the edits of the one before', async () => {
  await open('induction');
  await page.$eval('fluoro-model', (model) => Object.assign(model, { edits: ['blocks.1.attn.hook_z[head=0]:zero'] }));
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.edits.length === 1);
  await page.click('input[value="modular-addition"]'); // It has one layer.
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace?.info.model === 'modular-addition');
  await settled(page);
  expect(await page.$eval('fluoro-model', ({ edits, trace }) => [edits.length, trace!.edits.length])).toEqual([0, 0]);
  expect(problems).toEqual([]);
});

test('a line of facts tells each model’s size, and stays empty where a web page comes in place of the files', async () => {
  await page.setRequestInterception(true);
  page.on('request', async (request) => {
    const web = /fixtures\/shakespeare\/.*\.json$/.test(request.url());
    if (web) await request.respond({ status: 200, contentType: 'text/html', body: '<!doctype html><p>Hello' });
    else await request.continue();
  });
  await open('induction');
  const facts = () => page.$$eval('#models small', (lines) => lines.map(({ textContent }) => textContent!.trim()));
  await expect
    .poll(facts)
    .toEqual([
      expect.stringMatching(/^2 layers · 4 heads each · no MLP · trained for [\d,]+ steps$/),
      expect.stringMatching(/^1 layer · 4 heads · 512 neurons · trained for [\d,]+ steps$/),
      '',
    ]);
  expect(problems).toEqual([]);
});

test('the maps stay sharp when the device’s pixels change in size', async () => {
  await open('induction');
  const pixels = () =>
    page.$eval(
      'fluoro-heads >>> fluoro-heatmap >>> canvas',
      ({ width, style }) => width / Number.parseFloat(style.width),
    );
  await expect.poll(pixels).toBe(1);
  for (const deviceScaleFactor of [2, 1.5]) {
    // Zooming changes the window's size too; its width stays, so that no element changes in size.
    await page.setViewport({ width: 1400, height: 900 + deviceScaleFactor * 10, deviceScaleFactor });
    await expect.poll(pixels).toBeCloseTo(deviceScaleFactor, 2);
  }
  expect(problems).toEqual([]);
});

test('with forced colours what is selected stands out, and what colours say is still said', async () => {
  const session = await page.createCDPSession();
  await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
  await open('shakespeare');
  const background = (selector: string) => page.$eval(selector, (element) => getComputedStyle(element).backgroundColor);
  const highlight = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.cssText = 'forced-color-adjust: none; background: Highlight';
    const color = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return color;
  });
  for (const part of ['fluoro-tokens >>> [part="token"]', 'fluoro-debugger >>> tr[part="row"]']) {
    const cell = part.includes('row') ? ' > td' : '';
    expect(await background(`${part}[aria-selected="true"]${cell}`)).toBe(highlight);
    expect(await background(`${part}[aria-selected="false"]${cell}`)).not.toBe(highlight);
  }
  const canvas = await background('fluoro-tokens >>> [part="token"][aria-selected="false"]');
  expect(await background('fluoro-tokens >>> .bar i')).not.toBe(canvas);
  const adjust = (selector: string) => page.$eval(selector, (element) => getComputedStyle(element).forcedColorAdjust);
  expect(await adjust('fluoro-heads >>> .legend > :nth-child(2)')).toBe('none');
  const colors = await page.$$eval('fluoro-heads >>> [part~="text"] span', (spans) => {
    return new Set(spans.map((span) => getComputedStyle(span).backgroundColor)).size;
  });
  expect(colors).toBeGreaterThan(4);
  const line = (kind: string) =>
    page.$eval(`fluoro-residual >>> .keys .${kind} i`, (mark) => getComputedStyle(mark).borderTopStyle);
  expect([await line('attention'), await line('mlp')]).toEqual(['solid', 'dashed']);
  expect(problems).toEqual([]);
});

test.each([
  [
    'WebGPU',
    () => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }),
    'This browser offers no WebGPU. Use a recent Chrome, Edge, Safari or Firefox with WebGPU enabled.',
  ],
  [
    'an adapter',
    () => Object.defineProperty(GPU.prototype, 'requestAdapter', { value: async () => null }),
    'WebGPU is there but offers no adapter: the GPU or its driver is blocked. In Chrome, chrome://gpu tells why.',
  ],
])('without %s the page runs on the CPU, and says why', async (_, takeAway, sentence) => {
  await page.evaluateOnNewDocument(takeAway);
  await page.goto(site.url);
  await page.waitForFunction(() => document.querySelector('fluoro-model')?.state === 'ready');
  const textOf = (part: string) => page.$eval(`fluoro-model >>> [part~="${part}"]`, (element) => element.textContent);
  expect(await textOf('badge')).toBe('CPU reference');
  await page.waitForFunction(
    (said) => document.querySelector('fluoro-model')!.shadowRoot!.textContent!.includes(said),
    {},
    sentence,
  );
  expect(problems).toEqual([]);
});
