/**
 * Pictures of the components as the finished page prints them, without controls, which a picture does not work; under a
 * strict policy: a page that errs gives none. What is too large for a page to bear, a text of many screens, is pictured by
 * its top.
 */
import type { Browser, ElementHandle } from 'puppeteer-core';
import { launchChrome } from '../chrome';
import type { Picture } from './html';
import { serveFolders } from './static-site';

/** CSS pixels, and how many of the picture's make one. */
const VIEW = { width: 760, height: 900, deviceScaleFactor: 2 };
const PATIENCE = 60_000; // ms

/** A larger picture ends at this height, or above it. */
const MOST = { bytes: 300_000, height: 800 };
/** Over how much of it what goes on fades. */
const FADE = 64;

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
  await page.evaluate(shortenLists);
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
    taken.set(name, { file: `${name}.png`, ...(await picture(element)) });
  }
  if (problems.length > 0) throw new Error(`The page reports errors: ${problems.join(' ')}`);
  return taken;
}

async function picture(element: ElementHandle<Element>): Promise<Omit<Taken, 'file'>> {
  const { width, height } = (await element.boundingBox())!;
  const size = { width: Math.round(width), height: Math.round(height) };
  const bytes = await element.screenshot({ type: 'png' });
  if (bytes.length <= MOST.bytes) return { ...size, whole: true, bytes };
  for (let top = Math.min(size.height, MOST.height); ; top = Math.floor(0.9 * top)) {
    await element.evaluate(fade, top - FADE, top);
    const bytes = await element.screenshot({ type: 'png', clip: { x: 0, y: 0, width, height: top } });
    if (bytes.length <= MOST.bytes) return { ...size, height: top, whole: false, bytes };
  }
}

/** Runs in the page. */
function fade(element: Element, from: number, to: number): void {
  (element as HTMLElement).style.maskImage = `linear-gradient(#000 ${from}px, transparent ${to}px)`;
}

/** Runs in the page: on paper a list has all its rows, in a picture the first ones. */
function shortenLists(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('::part(list) { max-height: 10rem; overflow: hidden }');
  document.adoptedStyleSheets.push(sheet);
}

/** Runs in the page: the component has a figure, and has had two frames to paint it. */
async function isDrawn(tag: string): Promise<boolean> {
  const element = document.querySelector(tag) as (HTMLElement & { settled?(): Promise<void> }) | null;
  if (!element?.shadowRoot || !element.settled) return false;
  await element.settled();
  for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
  return !element.shadowRoot.querySelector('[part~="message"]');
}
