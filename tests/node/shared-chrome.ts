/** Before the tests in Node: starts the Chrome that their commands share, as starting one takes longer than most commands. */
import type { Browser } from 'puppeteer-core';
import type { TestProject } from 'vitest/node';
import { launchChrome } from '../../src/cli/chrome';

declare module 'vitest' {
  interface ProvidedContext {
    /** Its debugging address. */
    chrome: string;
  }
}

export default async function shareChrome(project: TestProject): Promise<() => Promise<void>> {
  const browser = await launchChrome();
  project.provide('chrome', debuggingAddress(browser));
  return () => browser.close();
}

export function debuggingAddress(browser: Browser): string {
  return `http://${new URL(browser.wsEndpoint()).host}`;
}
