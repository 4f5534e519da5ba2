/** The front page and the stories of the built site, read as a reader would: recorded, live, edited, and without WebGPU. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchChrome } from '../../../src/cli/chrome';
import { newPage, problemsOf } from '../new-page';
import { serveSite } from './build-site';
import { drawn, hydrated } from './drawn';
import type { Served } from './server';

const STORIES = ['index', 'stories/inside', 'stories/induction', 'stories/addition'];
let browser: Browser;
let site: Served;

beforeAll(async () => {
  [browser, site] = [await launchChrome(), await serveSite()];
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

test.each(STORIES)('%s shows its recordings, and asks for no weights', async (path) => {
  const { page, problems, requests } = await open(path);
  await recorded(page);
  expect(requests.filter((url) => url.includes('model.safetensors'))).toEqual([]);
  expect(await page.$$eval('fluoro-model', (models) => models.map(({ trace }) => trace!.kind))).not.toContain('live');
  expect(problems).toEqual([]);
});

test.each(STORIES)('%s without WebGPU keeps the recording, and runs on the CPU when asked', async (path) => {
  const { page, problems } = await open(path, (fresh) =>
    fresh.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'gpu', { value: undefined })),
  );
  await recorded(page);
  await ask(page);
  await page.waitForFunction(() => document.querySelector('fluoro-model')!.trace!.kind === 'reference');
  expect(problems).toEqual([]);
});

test('front page: what is typed runs here', async () => {
  const { page, problems } = await open('index');
  await recorded(page);
  await page.focus('fluoro-tokens >>> textarea');
  await page.keyboard.press('End');
  await page.keyboard.type(' you');
  await page.waitForFunction(() => {
    const { trace } = document.querySelector('fluoro-model')!;
    return trace!.kind === 'live' && trace!.labels[0]!.length === 7;
  });
  expect(problems).toEqual([]);
});

test('inside: a number is explained, maps follow the token, parts are taken out', async () => {
  const { page, problems } = await open('stories/inside');
  await recorded(page);
  await page.focus('.why button');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('fluoro-explain')?.shadowRoot?.textContent?.includes('embed.W_E'),
  );
  await page.evaluate(() => {
    const option = document.querySelector('fluoro-tokens')!.shadowRoot!.querySelectorAll('[part~="token"]')[2];
    (option as HTMLElement).click();
  });
  await page.waitForFunction(() =>
    [...document.querySelectorAll('fluoro-buffer')].every(({ index }) => (index.pos ?? index.query) === 2),
  );
  await press(page, '.try-choices button', 'Head 1.0');
  await page.waitForFunction(() => document.querySelector('.try-answer')!.textContent!.includes('51.3%'));
  expect(await page.$eval('.try-answer', (box) => box.textContent)).toContain('50.4%');
  expect(problems).toEqual([]);
});

test('induction: the guide ticks off what was done, and says what came of it', async () => {
  const { page, problems } = await open('stories/induction');
  await recorded(page);
  const done = () => page.$$eval('.guide li', (steps) => steps.map((step) => step.className === 'done'));
  await page.$eval('fluoro-heads', async (heads) => {
    const late = Object.assign(document.createElement('fluoro-heads'), { layer: 1, head: 0 });
    heads.after(late);
    await late.updateComplete;
    late.remove();
  });
  expect(await done()).toEqual([false, false, false, false, false]);
  const select = (change: { layer: number; head: number; pos: number }) =>
    page.$eval(
      'fluoro-heads',
      (heads, detail) =>
        heads.dispatchEvent(new CustomEvent('fluoro-select', { detail, bubbles: true, composed: true })),
      change,
    );
  const silence = async (layer: number, head: number, says: RegExp) => {
    await page.$eval('fluoro-model', (model) => (model.edits = []));
    await select({ layer, head, pos: 31 });
    await page.waitForFunction(
      (name) => {
        const actions = document.querySelector('fluoro-heads')!.shadowRoot!.querySelector('fluoro-edit-actions');
        return actions?.shadowRoot?.textContent?.includes(name);
      },
      {},
      `head ${layer}.${head}`,
    );
    await press(page, 'fluoro-heads >>> fluoro-edit-actions >>> button', 'Silence');
    await expect
      .poll(() => page.$eval('.guide-says', (box) => box.textContent!), { timeout: 120_000, interval: 200 })
      .toMatch(says);
  };
  await silence(1, 0, /Without head 1\.0 .* from 74\.8% to 4\.46%/);
  expect(await done()).toEqual([true, true, true, false, false]);
  await silence(0, 1, /Without head 0\.1 .* Nothing to speak of/);
  await silence(0, 0, /Without head 0\.0 .* the strongest stripe has gone/);
  expect(await done()).toEqual([true, true, true, true, true]);
  expect(problems).toEqual([]);
});

test('induction: an address with a heading and what was chosen leads to the heading, and shows it', async () => {
  const first = await open('stories/induction', undefined, '#two-heads-one-rule');
  await recorded(first.page);
  await first.page.$eval('fluoro-model', (model) => model.select({ layer: 1, head: 1 }));
  await first.page.waitForFunction(() => location.hash.includes('&'));
  const hash = await first.page.evaluate(() => location.hash);
  expect(hash).toMatch(/^#two-heads-one-rule&pass=/);

  const { page, problems } = await open('stories/induction', undefined, hash);
  await page.waitForFunction(() => scrollY > 500);
  await recorded(page);
  expect(await page.$eval('fluoro-model', ({ selection }) => [selection.layer, selection.head])).toEqual([1, 1]);
  await page.evaluate((to) => (location.hash = to), hash.replace('two-heads-one-rule', 'does-it-hold-everywhere'));
  await page.waitForFunction(() => {
    const { top } = document.querySelector('#does-it-hold-everywhere')!.getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  });
  expect([...first.problems, ...problems]).toEqual([]);
});

test('addition: another pair, fewer frequencies, and an experiment that can be cancelled', async () => {
  const { page, problems } = await open('stories/addition');
  await recorded(page);
  await page.waitForFunction(() => document.querySelector('.cosines figcaption')!.textContent!.includes('c = 46;'));
  const only = ['k = 38', 'k = 46', 'k = 50'];
  for (const name of only) await press(page, '.cosines button', name);
  const gap = () =>
    page.$eval('.cosines figcaption', (said) => Number(/, ([\d.]+)\s+below/.exec(said.textContent!)![1]));
  await expect.poll(gap).toBeLessThan(0.2);
  await page.$eval('.cosines input[name="b"]', (input) => ((input as HTMLInputElement).value = '112'));
  await press(page, '.cosines button', 'Run these');
  await page.waitForFunction(() =>
    document.querySelector('.cosines figcaption')!.textContent!.includes('= 11 mod 113'),
  );
  await press(page, '.waves button', 'Run it here, in both');
  await page.waitForFunction(() =>
    /: \d+ of 12 passes/.test(document.querySelector('.waves [role="status"]')!.textContent!),
  );
  await press(page, '.waves button', 'Cancel');
  await page.waitForFunction(() => document.querySelector('.waves button')!.textContent!.includes('Run it here'));
  expect(problems).toEqual([]);
});

async function open(path: string, prepare?: (page: Page) => Promise<unknown>, hash = '') {
  const page = await newPage(browser);
  onTestFinished(() => page.close());
  const problems = problemsOf(page);
  const requests: string[] = [];
  page.on('request', (request) => request.method() !== 'HEAD' && requests.push(request.url()));
  await prepare?.(page);
  await page.goto(`${site.url}/${path}.html${hash}`);
  await hydrated(page);
  return { page, problems, requests };
}

/** Waits until every model of the page shows its recording, and every element what it draws of it. */
async function recorded(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const models = [...document.querySelectorAll('fluoro-model')];
    return models.length > 0 && models.every(({ trace, state }) => trace?.kind === 'recorded' && state === 'recorded');
  });
  await drawn(page);
}

/** As a reader asks for the model. */
async function ask(page: Page): Promise<void> {
  await page.waitForSelector('fluoro-model >>> [part="run"]');
  await page.$eval('fluoro-model >>> [part="run"]', (button) => (button as HTMLElement).click());
}

/** Presses the button with these words. */
async function press(page: Page, selector: string, words: string): Promise<void> {
  for (const button of await page.$$(selector)) {
    if ((await button.evaluate((element) => element.textContent!.trim())) !== words) continue;
    await button.focus();
    await page.keyboard.press('Enter');
    return;
  }
  throw new Error(`No button ${words} among ${selector}`);
}
