/** For vitest.config.ts: runs Vitest's browser mode in headless Chrome with WebGPU, the one that the command line drives. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineBrowserProvider } from '@vitest/browser';
import type { Browser, Page } from 'puppeteer-core';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';
import { launchChrome } from '../cli/chrome.ts';
import { FluoroscopeError } from '../errors.ts';

declare module 'vitest/node' {
  interface BrowserCommandContext {
    page: Page;
  }
}

export interface ChromeOptions {
  /** SwiftShader on the CPU, the same on every machine, or this machine's own GPU; software unless given. */
  readonly adapter?: 'software' | 'hardware';
}

/**
 * A provider for `test.browser.provider`. Chrome is found (PUPPETEER_EXECUTABLE_PATH names another one) or installed with
 * a word about it. Without the adapter asked for the run fails before any test: nothing is skipped.
 *
 * @throws when Vitest starts it: `no-chrome`, `no-webgpu`
 */
export function chrome({ adapter = 'software' }: ChromeOptions = {}): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'puppeteer',
    supportedBrowser: ['chrome'],
    options: { adapter },
    providerFactory: () => new ChromeProvider(adapter),
  });
}

class ChromeProvider implements BrowserProvider {
  readonly name = 'puppeteer';
  readonly supportsParallelism = false;
  private browser: Promise<Browser> | undefined;
  private readonly pages = new Map<string, Page>();

  constructor(private readonly adapter: 'software' | 'hardware') {}

  async openPage(sessionId: string, url: string): Promise<void> {
    this.browser ??= this.start();
    const page = await (await this.browser).newPage();
    await page.setViewport({ width: 1280, height: 900 });
    this.pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  /** What a browser command of the user's is given. */
  getCommandsContext(sessionId: string): { page: Page } {
    const page = this.pages.get(sessionId);
    if (!page) throw new Error(`no open page for the test session ${sessionId}`);
    return { page };
  }

  async close(): Promise<void> {
    this.pages.clear();
    const browser = await this.browser?.catch(() => undefined); // openPage has reported the failure
    await browser?.close();
    this.browser = undefined;
  }

  private async start(): Promise<Browser> {
    const browser = await launchChrome({ software: this.adapter === 'software' });
    try {
      await assertAdapter(browser, this.adapter);
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }
}

/** @throws `no-webgpu` where Chrome has no adapter, or only SwiftShader where the machine's GPU was asked for */
export async function assertAdapter(browser: Browser, wanted: 'software' | 'hardware'): Promise<void> {
  const found = await adapterOf(browser);
  const version = (await browser.version()).replace('/', ' ');
  if (!found) {
    throw new FluoroscopeError(
      'no-webgpu',
      `${version} offers no WebGPU adapter (${wanted}), so nothing can be tested. ${CURES[wanted]}`,
    );
  }
  if (wanted === 'hardware' && /swiftshader/i.test(found)) {
    throw new FluoroscopeError(
      'no-webgpu',
      `${version} offers only ${found}, which computes on the CPU, but this machine's GPU was asked for. ${CURES.hardware}`,
    );
  }
}

const CURES = {
  software: 'Point PUPPETEER_EXECUTABLE_PATH at a newer Chrome, which brings SwiftShader.',
  hardware: "Update the GPU's driver, or ask for chrome({ adapter: 'software' }).",
} as const;

/** `navigator.gpu` is there for secure contexts alone: a page of its own from this machine. */
async function adapterOf(browser: Browser): Promise<string | null> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><link rel="icon" href="data:,">');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await browser.newPage();
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: 0 });
    return await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      if (!adapter) return null;
      const { vendor, architecture, description } = adapter.info;
      return [vendor, architecture, description].filter(Boolean).join(' ') || 'an unnamed adapter';
    });
  } finally {
    await page.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
