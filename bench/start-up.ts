/**
 * How long a reader waits for the built start page: from asking for the address until the first live trace is drawn, and from
 * a key press until the next is.
 */
import type { Browser, Page } from 'puppeteer-core';
import { preview } from 'vite';
import { launchChrome } from '../src/cli/chrome';
import { packageRoot } from '../src/cli/package-root';
import { type Moments, type StartPage, startPage } from './start-page';
import { type Times, timesOf } from './timing';

/** The same waits by two ends; `start-page.ts` says which. */
export interface Waits {
  /** All that the reader waits for. */
  readonly drawn: Times;
  /** The part of it until the GPU has been given the pass. */
  readonly submitted: Times;
}

export interface StartUpReport {
  readonly model: string;
  /** The first visit, with nothing in the browser's caches; ms. */
  readonly cold: Moments;
  /** Later ones. Both begin when the address is asked for. */
  readonly later: Waits;
  /** The first key press of each of these, which takes the prompt's last letter away; the page has rested for a second. */
  readonly firstKey: Waits;
  /** The last letter typed again and taken away in turn: two lengths that have run before. */
  readonly keys: Waits;
  /** Each makes the prompt a token longer than any before; null where it fills the model's context. */
  readonly typed: Waits | null;
}

export const MODELS = ['modular-addition', 'induction', 'shakespeare'];
const ROUNDS = 9;
const KEYS = 20;
/** What is typed behind the prompts, each a token of its own: a letter, or a space and a letter. */
const TYPED: Readonly<Record<string, readonly string[]>> = {
  induction: [...'lpO0PkWJR5BSCVlpO0Pk'].map((letter) => ` ${letter}`),
  shakespeare: [...'XQZJXQZJXQZJXQZJXQZJ'],
};

/** The prompt and what follows it are in it, the heads' patterns just below. */
const WINDOW = { width: 1280, height: 900 };

/** @param software SwiftShader in place of this machine's GPU */
export async function measureStartUp(software: boolean): Promise<StartUpReport[]> {
  const site = await preview({
    root: packageRoot(),
    build: { outDir: 'dist/page' },
    preview: { host: '127.0.0.1', port: 0 },
    logLevel: 'error',
  });
  const reports: StartUpReport[] = [];
  try {
    for (const model of MODELS) {
      const browser = await launchChrome({ software }); // with empty caches
      try {
        reports.push(await visits(browser, model, new URL(`#${model}`, site.resolvedUrls!.local[0]).href));
      } finally {
        await browser.close();
      }
    }
    return reports;
  } finally {
    await site.close();
  }
}

async function visits(browser: Browser, model: string, url: string): Promise<StartUpReport> {
  const loads: Moments[] = [];
  const firstKeys: Moments[] = [];
  const keys: Moments[] = [];
  let typed: StartUpReport['typed'] = null;
  for (let round = -1; round < ROUNDS; round++) {
    const page = await browser.newPage(); // of one browser: they share its caches
    await page.setViewport(WINDOW);
    await page.evaluateOnNewDocument(startPage);
    await page.goto(url);
    loads.push(await page.evaluate(() => (globalThis as unknown as StartPage).first));
    await sleep(1000); // What it keeps for the next visit has been kept, and what the first key press takes is there.
    const prompt = await page.$eval('fluoro-model', (element) => element.prompt!);
    const shorter = prompt.slice(0, -1);
    firstKeys.push(await press(page, shorter));
    if (round === ROUNDS - 1) {
      await press(page, prompt);
      for (let key = 0; key < KEYS; key++) keys.push(await press(page, key % 2 === 0 ? shorter : prompt));
      if (TYPED[model]) typed = await type(page, prompt, TYPED[model]);
    }
    await page.close();
  }
  const [cold, ...later] = loads as [Moments, ...Moments[]];
  return { model, cold, later: waits(later), firstKey: waits(firstKeys.slice(1)), keys: waits(keys), typed };
}

async function type(page: Page, prompt: string, typed: readonly string[]): Promise<Waits> {
  const length = () => page.$eval('fluoro-model', ({ trace }) => trace!.program.pos);
  const before = await length();
  const moments: Moments[] = [];
  for (let end = 1; end <= typed.length; end++) {
    moments.push(await press(page, prompt + typed.slice(0, end).join('')));
    const longer = (await length()) - before;
    if (longer !== end) throw new Error(`${end} key presses have made the prompt ${longer} tokens longer`);
  }
  return waits(moments);
}

/** Leaves the prompt as a key press does, and then the page at rest. @returns ms since */
async function press(page: Page, text: string): Promise<Moments> {
  const moments = await page.evaluate((text) => (globalThis as unknown as StartPage).press(text), text);
  await sleep(300);
  return moments;
}

function waits(moments: readonly Moments[]): Waits {
  return {
    drawn: timesOf(moments.map(({ drawn }) => drawn)),
    submitted: timesOf(moments.map(({ submitted }) => submitted)),
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
