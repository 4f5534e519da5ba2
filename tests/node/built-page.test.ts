/** The page as it is built for a server: the bundle, not the sources. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { newPage, problemsOf } from './new-page';
import { type BuiltPage, buildPage, settled } from './start-page';

let site: BuiltPage;
let browser: Browser;

beforeAll(async () => {
  site = await buildPage();
  browser = await launchChrome();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const address = (model: string) => new URL(`#${model}`, site.url).href;

test('the built page loads a model, runs it and draws it without an error', async () => {
  const page = await newPage(browser);
  const problems = problemsOf(page);
  await page.goto(site.url);
  await settled(page);
  expect(await page.$eval('fluoro-model', ({ trace }) => trace!.info.model)).toBe('induction');
  expect(await page.$eval('fluoro-tokens', ({ shadowRoot }) => shadowRoot!.textContent)).toContain('derived');
  expect(problems).toEqual([]);
  await page.close();
});

/** What a visit asks of the device up to a moment. */
interface Asked {
  /** Shaders given to the compiler, in order. */
  readonly shaders: readonly string[];
  readonly submits: number;
}

/** Opens the page, and tells what was asked for by the time that the model was there, and by that of its first trace. */
async function visit(page: Page, model: string): Promise<{ loaded: Asked; run: Asked; weights: readonly string[] }> {
  const weights: string[] = [];
  page.on('request', (request) => request.url().endsWith('.safetensors') && weights.push(request.method()));
  await page.evaluateOnNewDocument(() => {
    const shaders: string[] = [];
    let submits = 0;
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      shaders.push(descriptor.label!);
      return createShaderModule.call(this, descriptor);
    };
    const { submit } = GPUQueue.prototype;
    GPUQueue.prototype.submit = function (buffers) {
      submits++;
      return submit.call(this, buffers);
    };
    const at = (type: 'fluoro-state' | 'fluoro-trace', detail?: string) =>
      new Promise<Asked>((resolve) => {
        addEventListener(type, (event) => {
          if (detail === undefined || (event as CustomEvent).detail === detail)
            resolve({ shaders: [...shaders], submits });
        });
      });
    Object.assign(globalThis, { moments: Promise.all([at('fluoro-state', 'ready'), at('fluoro-trace')]) });
  });
  await page.goto(address(model));
  const [loaded, run] = await page.evaluate(
    () => (globalThis as unknown as { moments: Promise<[Asked, Asked]> }).moments,
  );
  return { loaded, run, weights };
}

test.each(['modular-addition', 'shakespeare'])(
  'a second visit to %s downloads no weights, measures no shaders, and compiles what the pass takes while it loads',
  async (model) => {
    const first = await newPage(browser);
    await visit(first, model);
    await first.waitForFunction(
      async (path) => {
        const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
        return kept.flat().some(({ url }) => url.includes(path));
      },
      {},
      `/${model}/model.safetensors`,
    );
    await first.close();

    const page = await newPage(browser);
    const { loaded, run, weights } = await visit(page, model);
    expect(weights).not.toContain('GET');
    expect(run.submits).toBe(1);
    expect(run.shaders).toEqual(loaded.shaders);
    expect(new Set(loaded.shaders).size).toBe(loaded.shaders.length);
    const dispatches = await page.evaluate(() => document.querySelector('fluoro-model')!.cost!.dispatches);
    expect(loaded.shaders.length).toBeGreaterThan(5);
    expect(loaded.shaders.length).toBeLessThanOrEqual(dispatches);
    await page.close();
  },
);
