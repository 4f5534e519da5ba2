/** A page for a test: waited for as long as a busy machine may take, and what goes wrong in it. */
import type { Browser, Page } from 'puppeteer-core';

export async function newPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  return page;
}

/** Errors of the page and of its console, as they come. */
export function problemsOf(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push((error as Error).message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url ?? ''}`);
  });
  return problems;
}
