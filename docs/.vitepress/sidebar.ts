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

export function sidebar(): DefaultTheme.SidebarItem[] {
  const guide = (names: readonly string[]) =>
    names
      .map((name) => `guide/${name}`)
      .filter(exists)
      .map(item);
  const components = pagesIn('components');
  const first = FIRST_COMPONENTS.map((name) => `components/${name}`).filter(exists);
  const api = pagesIn('api').filter((page) => page !== 'api/index' && !page.includes('/namespaces/'));
  return [
    { text: 'Stories', items: STORIES.map((name) => `stories/${name}`).map(item) },
    { text: 'In a page', items: guide(EMBEDDING) },
    { text: 'Serving it', items: guide(SERVING) },
    { text: 'Beyond a page', items: guide(UNDERSTANDING) },
    { text: 'Components', items: [...first, ...components.filter((page) => !first.includes(page))].map(item) },
    { text: 'Reference', collapsed: true, items: ['reference/cli', 'reference/tensors'].filter(exists).map(item) },
    { text: 'JavaScript API', collapsed: true, items: ['api/index', ...api].filter(exists).map(item) },
    {
      text: 'Kernels',
      collapsed: true,
      items: ['kernels/index', ...pagesIn('kernels').filter((page) => page !== 'kernels/index')]
        .filter(exists)
        .map(item),
    },
  ].filter(({ items }) => items.length > 0);
}

/** Pages of a folder, `components/heads`. */
function pagesIn(folder: string): string[] {
  if (!existsSync(docs + folder)) return [];
  const files = readdirSync(docs + folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  return files.sort().map((file) => `${folder}/${file.slice(0, -3)}`);
}

function exists(page: string): boolean {
  return existsSync(`${docs}${page}.md`);
}

function item(page: string): DefaultTheme.SidebarItem {
  const text = readFileSync(`${docs}${page}.md`, 'utf8');
  const title = /^title: (.*)$/m.exec(text)?.[1] ?? /^# (.*)$/m.exec(text)?.[1] ?? page;
  return { text: title.replaceAll('`', '').replaceAll('<', '&lt;'), link: `/${page.replace(/index$/, '')}` };
}
