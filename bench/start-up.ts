/** How long a reader waits for the built start page: from asking for the address until the first live trace. */
import type { Browser } from 'puppeteer-core';
import { preview } from 'vite';
import { launchChrome } from '../src/cli/chrome';
import { packageRoot } from '../src/cli/package-root';
import { median, type Times } from './timing';

export interface StartUpReport extends Times {
  readonly model: string;
  /** The first visit, with nothing in the browser's caches. */
  readonly coldMs: number;
}

const MODELS = ['modular-addition', 'induction', 'shakespeare'];
const ROUNDS = 5;

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
    await page.close();
  }
  const [coldMs, ...warm] = ms as [number, ...number[]];
  return { model, coldMs, rounds: ROUNDS, minMs: Math.min(...warm), medianMs: median(warm), ms: warm };
}
