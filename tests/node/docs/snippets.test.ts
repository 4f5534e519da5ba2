/** What the pages show works as it stands there. What is live on the site is run by the test of the site. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChrome } from '../../../src/cli/chrome';
import { temporaryFolder } from '../fluoroscope';
import type { Served } from './server';
import { SnippetPages, serveSnippets } from './snippet-pages';
import { Shell } from './snippet-shell';
import { parse } from './snippet-syntax';
import { type Snippet, snippetsOf, writtenPages } from './snippets';

const folder = temporaryFolder();
let [browser, site]: [Browser | undefined, Served | undefined] = [undefined, undefined];

beforeAll(async () => {
  [browser, site] = [await launchChrome(), await serveSnippets()];
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  folder.remove();
});

const files = writtenPages().map((file) => [file, snippetsOf(file)] as const);

describe.each(files.filter(([, all]) => all.some(({ way }) => way !== 'none' && way !== 'site')))('%s', (file, all) => {
  let shell: Shell;
  const shellOf = () => (shell ??= new Shell(folderFor(file)));

  test.each(all.filter(({ way }) => way !== 'none' && way !== 'site'))('$language in line $line', async (snippet) => {
    const pages = new SnippetPages(browser!, site!);
    const { way, code } = snippet;
    if (way === 'page') await pages.html(code, headerOf(all));
    else if (way === 'markdown') await pages.markdown(code);
    else if (way === 'script') await pages.script(snippet, htmlBefore(all, snippet));
    else if (way === 'style') await pages.style(code);
    else if (way === 'shell') shellOf().run(code);
    else if (way === 'python') {
      const displayed = shellOf().python(code);
      if (displayed !== null) await pages.html(displayed);
    } else if (way === 'header') expect(headerOf(all)).toMatch(/^default-src 'none'; /);
    else if (way === 'data') JSON.parse(code);
    else parse(snippet);
  });
});

test('the TypeScript has the types that it says', () => {
  const typed = files.flatMap(([, all]) => all.filter(({ language, way }) => language === 'ts' && way === 'script'));
  const project = folderFor('types');
  typed.forEach(({ code }, i) => {
    writeFileSync(join(project, `${i}.ts`), `${code}\nexport {};\n`);
  });
  const paths = { fluoroscope: [resolve('src/index.ts')], 'fluoroscope/components': [resolve('components/index.ts')] };
  const types = ['@webgpu/types', 'vite/client', 'node'];
  const compilerOptions = { paths, types, typeRoots: [resolve('node_modules/@types'), resolve('node_modules')] };
  const config = { extends: resolve('tsconfig.json'), compilerOptions, include: ['*.ts'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  expect(typed.length).toBeGreaterThan(3);
  execFileSync(resolve('node_modules/.bin/tsc'), ['-p', project], { encoding: 'utf8' });
});

describe('a snippet that no test would execute is refused', () => {
  const refused = (text: string) => () => snippetsOf('docs/guide/x.md', text);
  test.each([
    [
      'of an unknown language',
      '```cobol\nSTOP RUN.\n```',
      'docs/guide/x.md:1: a snippet in "cobol", which no test executes',
    ],
    [
      'marked with an unknown test',
      '<!-- test: skip, it is slow -->\n```js\n1\n```',
      'docs/guide/x.md:2: no test skip',
    ],
    ['parsed for no reason', '<!-- test: syntax -->\n```js\n1\n```', 'docs/guide/x.md:2: say who runs it'],
    ['of a language without a parser', '<!-- test: syntax, X runs it -->\n```html\n<p>\n```', 'no parser for html'],
    ['that does not end', '```js\n1', 'docs/guide/x.md:1: the fence is not closed'],
  ])('%s', (_, text, says) => expect(refused(text)).toThrow(says));
});

function headerOf(all: readonly Snippet[]): string | undefined {
  const header = all.find(({ way }) => way === 'header')?.code;
  return header && /^Content-Security-Policy: (.*)$/.exec(header)?.[1];
}

/** A script stands on the page of the HTML before it. */
function htmlBefore(all: readonly Snippet[], { line }: Snippet): string {
  return all.filter((one) => one.language === 'html' && one.line < line).at(-1)?.code ?? '';
}

function folderFor(name: string): string {
  const path = join(folder.path, name.replaceAll(/\W/g, '-'));
  mkdirSync(path, { recursive: true });
  return path;
}
