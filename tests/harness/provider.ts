/** Runs Vitest's browser mode in the same headless Chrome that the command line drives. */
import { defineBrowserProvider } from '@vitest/browser';
import type { Browser, Page } from 'puppeteer-core';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';
import { launchChrome } from '../../src/cli/chrome.ts';

declare module 'vitest/node' {
  interface BrowserCommandContext {
    page: Page;
  }
}

export interface ChromeOptions {
  software: boolean;
}

export function chrome(options: ChromeOptions): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'puppeteer',
    supportedBrowser: ['chrome'],
    options,
    providerFactory: () => new PuppeteerProvider(options),
  });
}

class PuppeteerProvider implements BrowserProvider {
  readonly name = 'puppeteer';
  readonly supportsParallelism = false;
  private browser: Promise<Browser> | undefined;
  private readonly pages = new Map<string, Page>();

  constructor(private readonly options: ChromeOptions) {}

  async openPage(sessionId: string, url: string): Promise<void> {
    this.browser ??= launchChrome(this.options);
    const page = await (await this.browser).newPage();
    await page.setViewport({ width: 1280, height: 900 });
    this.pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  /** What a browser command (./commands.ts) is given. */
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
}
