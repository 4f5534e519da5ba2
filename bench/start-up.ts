/**
 * How long a reader waits for the built start page: from asking for the address until the first live trace, and from a key
 * press until the next.
 */
import type { Browser, Page } from 'puppeteer-core';
import { preview } from 'vite';
import { launchChrome } from '../src/cli/chrome';
import { packageRoot } from '../src/cli/package-root';
import { median, type Times } from './timing';

export interface StartUpReport extends Times {
  readonly model: string;
  /** The first visit, with nothing in the browser's caches. */
  readonly coldMs: number;
  /** From a change of the prompt's last letter to the trace of its pass. */
  readonly keyPress: Times;
}

export const MODELS = ['modular-addition', 'induction', 'shakespeare'];
const ROUNDS = 9;
const KEYS = 20;

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
  const ms: number[] = [];
  let keys: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const page = await browser.newPage(); // of one browser: they share its caches
    await page.evaluateOnNewDocument(() => {
      const first = new Promise((resolve) => {
        addEventListener('fluoro-trace', () => resolve(performance.now()), { once: true });
      });
      Object.assign(globalThis, { first });
    });
    await page.goto(url);
    ms.push(await page.evaluate(() => (globalThis as unknown as { first: Promise<number> }).first));
    await new Promise((resolve) => setTimeout(resolve, 1000)); // What it keeps for the next visit has been kept.
    if (round === ROUNDS - 1) keys = await pressKeys(page);
    await page.close();
  }
  const [coldMs, ...warm] = ms as [number, ...number[]];
  return { model, coldMs, ...times(warm), keyPress: times(keys) };
}

const times = (ms: readonly number[]): Times => ({
  rounds: ms.length,
  minMs: Math.min(...ms),
  medianMs: median(ms),
  ms,
});

/** The last letter is taken away and typed again, in turn; the first of each is not counted. */
function pressKeys(page: Page): Promise<number[]> {
  return page.evaluate(async (count) => {
    const field = document.querySelector('fluoro-tokens')!.shadowRoot!.querySelector('textarea')!;
    const [whole, shorter] = [field.value, field.value.slice(0, -1)];
    const ms: number[] = [];
    for (let key = -2; key < count; key++) {
      const traced = new Promise((resolve) => addEventListener('fluoro-trace', resolve, { once: true }));
      const start = performance.now();
      field.value = key % 2 === 0 ? shorter : whole;
      field.dispatchEvent(new InputEvent('input'));
      await traced;
      if (key >= 0) ms.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 300)); // All is drawn, and the page is at rest.
    }
    return ms;
  }, KEYS);
}
