/** The Chrome that `fluoroscope/testing/vitest` starts, and what it says without an adapter. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { assertAdapter } from '../../src/testing/vitest';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChrome({ software: true });
});
afterAll(() => browser.close());

/** The same Chrome with another `navigator.gpu` in its pages. */
function pretend(gpu: string): Browser {
  return new Proxy(browser, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== 'newPage') return typeof value === 'function' ? value.bind(target) : value;
      return async () => {
        const page = await target.newPage();
        await page.evaluateOnNewDocument(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} })`);
        return page;
      };
    },
  });
}

test('SwiftShader is there, and leaves no page behind', async () => {
  const before = (await browser.pages()).length;
  await assertAdapter(browser, 'software');
  expect(await browser.pages()).toHaveLength(before);
});

test('SwiftShader is no hardware', async () => {
  await expect(assertAdapter(browser, 'hardware')).rejects.toMatchObject({
    code: 'no-webgpu',
    message: expect.stringMatching(
      /^\S*Chrome \S+ offers only .*swiftshader.*, which computes on the CPU, but this machine's GPU was asked for\. Update the GPU's driver, or ask for chrome\(\{ adapter: 'software' \}\)\.$/i,
    ),
  });
});

test.each([
  ['no WebGPU', 'undefined'],
  ['no adapter', '{ requestAdapter: async () => null }'],
])('%s fails with what to do', async (_, gpu) => {
  await expect(assertAdapter(pretend(gpu), 'software')).rejects.toMatchObject({
    code: 'no-webgpu',
    message: expect.stringMatching(
      /Chrome \S+ offers no WebGPU adapter \(software\), so nothing can be tested\. Point PUPPETEER_EXECUTABLE_PATH at a newer Chrome, which brings SwiftShader\.$/,
    ),
  });
});
