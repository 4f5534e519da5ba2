/** A folder of `fluoroscope embed` as a host with a strict policy serves it. */
import type { Browser, Page } from 'puppeteer-core';
import { expect } from 'vitest';
import { serveFolders } from '../../src/cli/embed/static-site';
import { newPage, problemsOf } from './new-page';

interface Reader {
  /** Whether scripts run; true unless given. */
  readonly script?: boolean;
  /** Whether there is WebGPU; true unless given. */
  readonly gpu?: boolean;
}

/** Opens its page; nothing may be reported to the console. */
export async function openEmbedded(
  browser: Browser,
  folder: string,
  use: (page: Page) => Promise<void>,
  { script = true, gpu = true }: Reader = {},
): Promise<void> {
  const site = await serveFolders({ '': folder });
  const tab = await newPage(browser);
  const problems = problemsOf(tab);
  try {
    await tab.setJavaScriptEnabled(script);
    if (!gpu) {
      await tab.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    }
    await tab.goto(site.url);
    await use(tab);
    expect(problems).toEqual([]);
  } finally {
    await tab.close();
    await site.close();
  }
}
