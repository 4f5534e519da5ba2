/** The site's contents: written pages in an order of their own, generated ones in that of their folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

const docs = fileURLToPath(new URL('..', import.meta.url));

const STORIES = ['inside', 'induction', 'addition'];
const EMBEDDING = ['start', 'html', 'vitepress', 'astro', 'docusaurus', 'react', 'vue', 'markdown', 'notebooks'];
const SERVING = ['csp', 'without-webgpu', 'embed', 'looks'];
const UNDERSTANDING = ['javascript', 'python', 'exactness', 'accessibility', 'faq', 'contributing'];
const FIRST_COMPONENTS = ['model', 'tokens', 'heads', 'neurons'];

/** A part of the site each, so that none is long: the paths below which it stands beside the page. */
export function sidebars(): DefaultTheme.SidebarMulti {
  const guide = (names: readonly string[]) => names.map((name) => `guide/${name}`);
  const first = FIRST_COMPONENTS.map((name) => `components/${name}`);
  const components = pagesIn('components').filter((page) => !first.includes(page));
  const shared = components.filter((page) => !isElement(page));
  const api = pagesIn('api').filter((page) => page !== 'api/index' && !page.includes('/namespaces/'));
  const kernels = pagesIn('kernels').filter((page) => page !== 'kernels/index');
  const written = [
    group(
      'Stories',
      STORIES.map((name) => `stories/${name}`),
    ),
    group('In a page', guide(EMBEDDING)),
    group('Serving it', guide(SERVING)),
    group('Beyond a page', guide(UNDERSTANDING)),
  ];
  const reference = [
    group('JavaScript', ['api/index', ...api]),
    group('Beside it', ['reference/cli', 'reference/sizes', 'reference/tensors', 'reference/speed']),
  ];
  return {
    '/stories/': written,
    '/guide/': written,
    '/components/': [
      group('Components', [...first, ...components.filter(isElement)]),
      group('What they share', shared),
    ],
    '/kernels/': [group('Kernels', ['kernels/index', ...kernels])],
    '/api/': reference,
    '/reference/': reference,
  };
}

function group(text: string, pages: readonly string[]): DefaultTheme.SidebarItem {
  return { text, items: pages.filter(exists).map(item) };
}

/** Pages of a folder, `components/heads`. */
function pagesIn(folder: string): string[] {
  if (!existsSync(docs + folder)) return [];
  const files = readdirSync(docs + folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  return files.sort().map((file) => `${folder}/${file.slice(0, -3)}`);
}

function isElement(page: string): boolean {
  return /^# `<fluoro-/m.test(readFileSync(`${docs}${page}.md`, 'utf8'));
}

function exists(page: string): boolean {
  return existsSync(`${docs}${page}.md`);
}

function item(page: string): DefaultTheme.SidebarItem {
  const text = readFileSync(`${docs}${page}.md`, 'utf8');
  const title = /^title: (.*)$/m.exec(text)?.[1] ?? /^# (.*)$/m.exec(text)?.[1] ?? page;
  return { text: title.replaceAll('`', '').replaceAll('<', '&lt;'), link: `/${page.replace(/index$/, '')}` };
}
