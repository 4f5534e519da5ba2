/** The site as it is built: every page opened, every link followed, what is live on it drawn. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChrome } from '../../../src/cli/chrome';
import { newPage, problemsOf } from '../new-page';
import { BASE, SITE, serveSite } from './build-site';
import { drawn, hydrated } from './drawn';
import type { Served } from './server';
import { snippetsOf, writtenPages } from './snippets';

const WIDTHS = [1280, 320];
/** Pages that axe looks at, in light and dark: one of each kind. */
const MAIN =
  /^(index|guide\/(start|looks)|components\/(model|heads)|kernels\/(index|softmax)|reference\/\w+|api\/traces|stories\/.*)\.html$/;

let [browser, site]: [Browser | undefined, Served | undefined] = [undefined, undefined];

beforeAll(async () => {
  [browser, site] = [await launchChrome(), await serveSite()];
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Every page of the site, by the Markdown that it is made of; known before it is built, but for what is generated. */
const pagesOf = () =>
  readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.html') && file !== '404.html',
  );

/** The live examples that written pages have, by the page that they are on. */
const live = new Map(
  writtenPages().map((file) => {
    const sources = snippetsOf(file).filter(({ way }) => way === 'site');
    const page = file
      .replace(/^docs\/variations\//, 'components/')
      .replace(/^components\/[^/]+\/(?=[^/]+\.md$)/, 'components/');
    return [
      file,
      [page.replace(/^docs\//, '').replace(/\.md$/, '.html'), sources.map(({ code }) => code.trim())],
    ] as const;
  }),
);

describe('every page', () => {
  test('opens without an error, fits its width, and draws what is live on it', async () => {
    const found = pagesOf();
    expect(found.length).toBeGreaterThan(60);
    const faults: string[] = [];
    const seen = new Map<string, string[]>();
    for (const file of found) faults.push(...(await visit(file, seen)).map((fault) => `${file}: ${fault}`));
    expect(faults).toEqual([]);
    for (const [file, [page, sources]] of live) {
      const based = sources.map((source) => source.replaceAll('="/', `="${BASE}`));
      for (const source of based) expect(seen.get(page), `${file} on ${page}`).toContain(source);
    }
  }, 3_600_000);

  test('leads to pages and places that are there', () => {
    const pages = new Map(pagesOf().map((file) => [file, readFileSync(join(SITE, file), 'utf8')]));
    const dead = [...pages].flatMap(([file, html]) => deadLinks(file, html, pages));
    expect(dead).toEqual([]);
  });

  test('asks no other host for anything', () => {
    const foreign = pagesOf().flatMap((file) =>
      [
        ...readFileSync(join(SITE, file), 'utf8').matchAll(
          /<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]+)"/g,
        ),
      ].map(([, url]) => `${file}: ${url}`),
    );
    expect(foreign).toEqual([]);
  });
});

test('the main pages are accessible, in light and in dark', async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
  const faults: string[] = [];
  const main = pagesOf().filter((one) => MAIN.test(one));
  expect(main.length).toBeGreaterThan(10);
  for (const file of main) {
    const page = await newPage(browser!);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`${site!.url}/${file}`, { waitUntil: 'load' });
    await hydrated(page);
    await drawn(page);
    await page.evaluate(axe);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.waitForFunction(
        (wanted) => getComputedStyle(document.documentElement).colorScheme === wanted,
        {},
        scheme,
      );
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') };
        await Promise.allSettled(document.getAnimations().map(({ finished }) => finished)); // A colour on its way is none.
        const found = await axe.run(document, { resultTypes: ['violations'] });
        return found.violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
        );
      });
      faults.push(...violations.map((fault) => `${file} in ${scheme}: ${fault}`));
    }
    await page.close();
  }
  expect(faults).toEqual([]);
}, 3_600_000);

test('the switch between light and dark takes the components along', async () => {
  const page = await newPage(browser!);
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.goto(`${site!.url}/components/tokens.html`, { waitUntil: 'load' });
  await hydrated(page);
  await drawn(page, '.live');
  const color = () => page.evaluate(() => getComputedStyle(document.querySelector('fluoro-tokens')!).color);
  expect(await color()).toBe('rgb(27, 32, 36)');
  await page.click('.VPNavBarAppearance button');
  await expect.poll(color).toBe('rgb(231, 230, 225)');
  expect(await page.evaluate(() => document.documentElement.classList.contains('dark'))).toBe(true);
  await page.close();
});

test.each(['index', 'guide/start'])('of %s nothing shows through the bar that it scrolls under', async (file) => {
  const page = await newPage(browser!);
  await page.setViewport({ width: 1280, height: 700 });
  await page.goto(`${site!.url}/${file}.html`, { waitUntil: 'load' });
  await hydrated(page);
  await page.evaluate(() => scrollTo(0, 600));
  await page.waitForFunction(() => !document.querySelector('.VPNavBar')!.classList.contains('top'));
  const backgrounds = await page.evaluate(async () => {
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    const found: string[] = [];
    for (let at = document.elementFromPoint(700, 20); at?.closest('.VPNavBar'); at = at.parentElement) {
      found.push(getComputedStyle(at).backgroundColor);
    }
    return found;
  });
  expect(backgrounds).toContain(await page.$eval('body', (body) => getComputedStyle(body).backgroundColor));
  await page.close();
});

test.each([
  [1280, 800],
  [360, 780],
  [320, 700],
])('the front page has its model in the first screen of %i × %i', async (width, height) => {
  const page = await newPage(browser!);
  await page.setViewport({ width, height });
  await page.goto(`${site!.url}/index.html`, { waitUntil: 'load' });
  await hydrated(page);
  await page.waitForFunction(() => document.querySelector('fluoro-model')?.trace);
  const top = () => page.evaluate(() => document.querySelector('fluoro-model')!.getBoundingClientRect().top);
  expect(await top()).toBeLessThan(height - 60); // What is shown, and how to run it.
  await page.close();
});

test('paper has no controls of the site', async () => {
  const page = await newPage(browser!);
  await page.goto(`${site!.url}/stories/inside.html`, { waitUntil: 'load' });
  await hydrated(page);
  await page.emulateMediaType('print');
  const shown = (selector: string) =>
    page.evaluate((one) => document.querySelector(one)!.getClientRects().length > 0, selector);
  for (const control of ['.VPNav', '.VPLocalNav', '.why-bar', '.try-choices']) {
    expect(await shown(control), control).toBe(false);
  }
  expect(await shown('.why fluoro-buffer')).toBe(true);
  await page.close();
});

test('with forced colours the icons of the bar are there', async () => {
  const page = await newPage(browser!);
  const session = await page.createCDPSession();
  await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
  for (const [width, icons] of [
    [1280, '.VPNavBarSearch .vp-icon, .VPNavBarAppearance .sun'],
    [360, '.VPNavBarSearch .vp-icon, .VPNavBarHamburger .container > span, .VPLocalNav .menu-icon'],
  ] as const) {
    await page.setViewport({ width, height: 800 });
    await page.goto(`${site!.url}/guide/start.html`, { waitUntil: 'load' });
    await hydrated(page);
    const colors = await page.$$eval(icons, (all) => all.map((icon) => getComputedStyle(icon).backgroundColor));
    expect(colors.length).toBeGreaterThanOrEqual(icons.split(',').length);
    const canvas = await page.$eval('body', (body) => getComputedStyle(body).backgroundColor);
    expect(colors).not.toContain(canvas);
  }
  await page.close();
});

test('the search finds a component by a word of its page, without leaving the site', async () => {
  const page = await newPage(browser!);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(`${site!.url}/guide/start.html`, { waitUntil: 'load' });
  await hydrated(page);
  await page.click('.DocSearch-Button');
  await page.waitForSelector('.search-input');
  await page.type('.search-input', 'fluoro-heads');
  // Where the keys come slowly, there are results of the first letters before.
  const results = () =>
    page.$$eval('.VPLocalSearchBox .result', (all) => all.map((one) => one.getAttribute('href')!.replace(/#.*/, '')));
  await expect.poll(results).toContain(`${BASE}components/heads.html`);
  await page.close();
});

/** @param seen gets the sources of the examples that were drawn, by page */
async function visit(file: string, seen: Map<string, string[]>): Promise<string[]> {
  const page = await newPage(browser!);
  const problems = problemsOf(page);
  try {
    await page.setViewport({ width: WIDTHS[0]!, height: 900 });
    await page.goto(`${site!.url}/${file}`, { waitUntil: 'load' });
    await hydrated(page);
    await drawn(page);
    seen.set(file, await page.$$eval('.live', (all) => all.map((one) => (one as HTMLElement).dataset.source!.trim())));
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      // What is drawn as wide as there is room is drawn again in a frame to come.
      const over = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expect.poll(over, { message: `wider than ${width} pixels by`, timeout: 20_000 }).toBeLessThanOrEqual(0);
    }
  } catch (error) {
    problems.push((error as Error).message);
  }
  await page.close();
  return problems;
}

function deadLinks(file: string, html: string, pages: ReadonlyMap<string, string>): string[] {
  return [...html.matchAll(/<a [^>]*href="([^"]+)"/g)].flatMap(([, href]) => {
    const url = new URL(href!.replaceAll('&amp;', '&'), `http://site${BASE}${file}`);
    if (url.host !== 'site') return [];
    if (!url.pathname.startsWith(BASE)) return [`${file}: ${href}: not below the site's base`];
    const path = decodeURIComponent(url.pathname).slice(BASE.length);
    const target = pages.get(path === '' || path.endsWith('/') ? `${path}index.html` : path);
    if (target === undefined) return [`${file}: ${href}`];
    const id = decodeURIComponent(url.hash.slice(1));
    return id === '' || target.includes(`id="${id}"`) ? [] : [`${file}: ${href}: no such place`];
  });
}
