/** The page as it is built for a server: the bundle, not the sources. */
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { afterAll, expect, test } from 'vitest';
import { launchChrome } from '../../src/cli/chrome';
import { temporaryFolder } from './fluoroscope';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('the built page loads a model, runs it and draws it without an error', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const outDir = folder.path;
  await build({ root, mode: 'page', logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, mode: 'page', build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await launchChrome();
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push((error as Error).message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(server.resolvedUrls!.local[0]!);
    await page.waitForFunction(() => document.querySelector('fluoro-model')?.trace?.info.model === 'induction');
    await page.waitForFunction(() =>
      document.querySelector('fluoro-tokens')!.shadowRoot!.textContent!.includes('derived'),
    );
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});
