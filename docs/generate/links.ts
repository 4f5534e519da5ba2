/** Links of Markdown files that lie in the project, as links between the site's pages. */
import { posix } from 'node:path';

/**
 * @param file the Markdown file's path from the root
 * @param folder the site's folder that the page is in
 * @returns the text with links to components' files leading to their pages; what has no page is left as its words
 */
export function pageLinks(text: string, file: string, folder: string): string {
  return text.replaceAll(/\[([^\]]*)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
    if (/^([a-z]+:|#)/.test(target)) return link;
    const [path, anchor] = target.split('#');
    const page = pageOf(posix.join(posix.dirname(file), path!));
    if (page === null) return words;
    return `[${words}](./${posix.relative(folder, page)}${anchor ? `#${anchor}` : ''})`;
  });
}

function pageOf(path: string): string | null {
  const component = /^components\/[^/]+\/([^/]+)\.md$/.exec(path);
  return component ? `components/${component[1]}.md` : null;
}
