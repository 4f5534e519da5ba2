import { afterEach, expect, test, vi } from 'vitest';
import { findChrome, launchChrome, openPage } from '../../src/cli/chrome';
import { debuggingAddress } from './shared-chrome';

afterEach(() => vi.unstubAllEnvs());

test('finds a Chrome', async () => {
  expect(await findChrome()).toMatch(/chrom/i);
});

test('a PUPPETEER_EXECUTABLE_PATH that names nothing is an error, not ignored', async () => {
  vi.stubEnv('PUPPETEER_EXECUTABLE_PATH', '/nowhere/chrome');
  await expect(findChrome()).rejects.toMatchObject({
    code: 'no-chrome',
    message:
      'PUPPETEER_EXECUTABLE_PATH names /nowhere/chrome, which is not an executable file; correct it or unset it.',
  });
});

test('a program that is no Chrome is named', async () => {
  vi.stubEnv('PUPPETEER_EXECUTABLE_PATH', process.execPath);
  await expect(launchChrome()).rejects.toMatchObject({
    code: 'no-chrome',
    message: expect.stringContaining(`${process.execPath} did not start (Failed to launch the browser process`),
  });
});

test('a page of a Chrome that runs already: that goes on, without the page', async () => {
  const browser = await launchChrome();
  try {
    vi.stubEnv('FLUOROSCOPE_CHROME', debuggingAddress(browser));
    const before = (await browser.pages()).length;
    const { page, close } = await openPage();
    expect(await page.evaluate(() => document.URL)).toBe('about:blank');
    expect(page.browser().wsEndpoint()).toBe(browser.wsEndpoint());
    await close();
    expect(browser.connected).toBe(true);
    // That one is closed reaches whoever opened it and this process one after the other.
    await expect.poll(async () => (await browser.pages()).length).toBe(before);
  } finally {
    await browser.close();
  }
});

test('a FLUOROSCOPE_CHROME where none answers is an error, and no other is started', async () => {
  vi.stubEnv('FLUOROSCOPE_CHROME', 'http://127.0.0.1:9');
  vi.stubEnv('PUPPETEER_EXECUTABLE_PATH', '/nowhere/chrome');
  await expect(openPage()).rejects.toMatchObject({
    code: 'no-chrome',
    message: expect.stringMatching(
      /^FLUOROSCOPE_CHROME names http:\/\/127\.0\.0\.1:9, where no Chrome answers \(.+\); correct it or unset it\.$/,
    ),
  });
});
