/** The site's contents: what was written in an order of its own, what was generated in that of its files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

const docs = new URL('..', import.meta.url).pathname;

export function sidebar(): DefaultTheme.SidebarItem[] {
  return [
    { text: 'Guide', items: ['guide/start'].map(item) },
    { text: 'Components', items: inFolder('components') },
  ];
}

function inFolder(folder: string): DefaultTheme.SidebarItem[] {
  if (!existsSync(docs + folder)) return [];
  return readdirSync(docs + folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => item(`${folder}/${file.slice(0, -3)}`));
}

function item(page: string): DefaultTheme.SidebarItem {
  const title = /^# (.*)$/m.exec(readFileSync(`${docs}${page}.md`, 'utf8'))?.[1] ?? page;
  return { text: title.replaceAll('`', '').replaceAll('<', '&lt;'), link: `/${page}` };
}
