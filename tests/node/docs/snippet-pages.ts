/** Snippets that a browser runs: HTML, Markdown with HTML, scripts, styles. */
import { createRequire } from 'node:module';
import type { Browser, Page } from 'puppeteer-core';
import { transformWithOxc } from 'vite';
import { expect } from 'vitest';
import { newPage, problemsOf } from '../new-page';
import { SITE } from './build-site';
import { drawn } from './drawn';
import { type Answer, type Served, serve } from './server';
import type { Snippet } from './snippets';

/** What a bundler would resolve. */
const IMPORTS = JSON.stringify({
  imports: { fluoroscope: '/dist/index.js', 'fluoroscope/components': '/dist/cdn/all.js' },
});

const ALL = '<script type="module" src="/dist/cdn/all.js"></script>';

/** A site that holds the package as /fluoroscope/ and at its root, recorded traces, and models at /models/. */
export function serveSnippets(): Promise<Served> {
  return serve(SITE, (path) => path.replace(/^\/fluoroscope\//, '/').replace(/^\/models\//, '/fixtures/'));
}

export class SnippetPages {
  constructor(
    private readonly browser: Browser,
    private readonly site: Served,
  ) {}

  /** @param csp the Content-Security-Policy that it is served with */
  async html(code: string, csp?: string): Promise<void> {
    const headers = csp ? { 'Content-Security-Policy': csp } : {};
    await this.#open({ html: whole(code), headers }, async (page) => {
      await drawn(page);
      if (csp) expect(await page.evaluate(() => document.querySelectorAll('fluoro-model').length)).toBeGreaterThan(0);
    });
  }

  async markdown(code: string): Promise<void> {
    const MarkdownIt = createRequire(`${process.cwd()}/docs/package.json`)('markdown-it') as {
      new (options: object): { render(text: string): string };
    };
    await this.html(new MarkdownIt({ html: true }).render(code));
  }

  /** @param before the HTML that the script finds on its page */
  async script({ code, language }: Snippet, before: string): Promise<void> {
    const { code: script } = await transformWithOxc(code, `snippet.${language}`, { lang: language as 'js' | 'ts' });
    const run = `<script type="module">${script}\nwindow.done = true;</script>`;
    await this.#open({ html: whole(`${before}\n${run}`) }, async (page, problems) => {
      await page.waitForFunction((failed) => 'done' in window || failed, {}, problems.length > 0);
      await drawn(page);
    });
  }

  async style(code: string): Promise<void> {
    await this.#open({ html: whole('') }, async (page) => {
      const [rules, declarations] = await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        const own = [...sheet.cssRules] as CSSStyleRule[];
        return [own.length, own.reduce((sum, { style }) => sum + style.length, 0)];
      }, code);
      expect([rules, declarations]).toEqual([code.split('{').length - 1, code.split(';').length - 1]);
    });
  }

  async #open(answer: Answer, check: (page: Page, problems: readonly string[]) => Promise<void>): Promise<void> {
    const path = `/snippet-${this.site.pages.size}.html`;
    this.site.pages.set(path, answer);
    const page = await newPage(this.browser);
    try {
      const problems = problemsOf(page);
      await page.goto(this.site.url + path);
      await check(page, problems);
      expect(problems).toEqual([]);
    } finally {
      await page.close();
    }
  }
}

function whole(code: string): string {
  const imports = `<script type="importmap">${IMPORTS}</script>`;
  if (code.includes('<html')) return code;
  const scripts = code.includes('<script') && !code.includes('window.done') ? imports : imports + ALL;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A snippet</title>${scripts}<body>${code}</body></html>`;
}
