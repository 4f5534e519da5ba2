/**
 * Pictures of the components as the finished page prints them, whole and without controls, which a picture does not work;
 * under a strict policy: a page that errs gives none.
 */
import type { Browser } from 'puppeteer-core';
import { launchChrome } from '../chrome';
import type { Picture } from './html';
import { serveFolders } from './static-site';

/** CSS pixels, and how many of the picture's make one. */
const VIEW = { width: 760, height: 900, deviceScaleFactor: 2 };
const PATIENCE = 60_000; // ms

export interface Taken extends Picture {
  readonly bytes: Uint8Array;
}

/**
 * @param folders what is served; the page is `index.html` in the one named `''`
 * @throws an Error with what the page reported
 */
export async function takePictures(
  folders: Readonly<Record<string, string>>,
  components: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Taken>> {
  const browser = await launchChrome({ software: true, signal });
  const site = await serveFolders(folders);
  try {
    return await take(browser, site.url, components, signal);
  } finally {
    await site.close();
    await browser.close();
  }
}

async function take(
  browser: Browser,
  url: string,
  components: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Taken>> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error instanceof Error ? error.message : String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.setViewport(VIEW);
  await page.emulateMediaType('print');
  await page.goto(url);
  const taken = new Map<string, Taken>();
  for (const name of components) {
    signal.throwIfAborted();
    await page.waitForFunction(isDrawn, { timeout: PATIENCE }, `fluoro-${name}`).catch(async (cause) => {
      const said = await page.$eval(`fluoro-${name}`, (element) => element.shadowRoot?.textContent ?? '');
      throw new Error(`The page does not draw ${name}: ${problems.join(' ') || said.replace(/\s+/g, ' ').trim()}`, {
        cause,
      });
    });
    const element = (await page.$(`fluoro-${name}`))!;
    const { width, height } = (await element.boundingBox())!;
    const bytes = await element.screenshot({ type: 'png' });
    taken.set(name, { file: `${name}.png`, width: Math.round(width), height: Math.round(height), bytes });
  }
  if (problems.length > 0) throw new Error(`The page reports errors: ${problems.join(' ')}`);
  return taken;
}

/** Runs in the page: the component has a figure, and has had two frames to paint it. */
async function isDrawn(tag: string): Promise<boolean> {
  const element = document.querySelector(tag) as (HTMLElement & { settled?(): Promise<void> }) | null;
  if (!element?.shadowRoot || !element.settled) return false;
  await element.settled();
  for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
  return !element.shadowRoot.querySelector('[part~="message"]');
}
