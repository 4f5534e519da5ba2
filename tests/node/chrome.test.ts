import { afterEach, expect, test, vi } from 'vitest';
import { findChrome, launchChrome } from '../../src/cli/chrome';

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
