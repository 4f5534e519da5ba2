/** The start page as it is built for a server, and served; and how long to wait for what is on it. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { build, type Plugin, preview } from 'vite';
import type { TraceElement } from '../../components/shared/trace-element';
import { temporaryFolder } from './fluoroscope';

export interface BuiltPage {
  readonly url: string;
  close(): Promise<void>;
}

export async function buildPage(...plugins: Plugin[]): Promise<BuiltPage> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = temporaryFolder();
  const outDir = folder.path;
  await build({ root, mode: 'page', logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root,
    mode: 'page',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
    plugins,
  });
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close();
      folder.remove();
    },
  };
}

/** Waits until the newest prompt's trace is drawn by every element. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const model = document.querySelector('fluoro-model');
    return model?.state === 'ready' && model.trace;
  });
  await page.evaluate(async () => {
    const all = document.querySelectorAll<TraceElement<unknown>>('fluoro-model *');
    await Promise.all([...all].map((one) => one.settled?.()));
  });
}
