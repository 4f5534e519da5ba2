/** docs/components: a page per component, of its own Markdown file, its class comment and docs/variations. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'docs/components';

/** The file of each component's documentation, in the order of the README. */
export function componentFiles(): string[] {
  return readdirSync('components', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('components', file));
}

export function componentPages(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const file of componentFiles()) {
    const name = /([^/]+)\.md$/.exec(file)![1]!;
    const text = readFileSync(file, 'utf8').replaceAll(/\]\(\.\.\/[^/]+\/([^/)]+)\.md\)/g, '](./$1.md)');
    const first = /```html\n(.*?)```/s.exec(text)?.[1];
    const live = first && !first.includes('<script') ? text.replace('```html\n', '```html live\n') : text;
    const variations = `docs/variations/${name}.md`;
    const more = existsSync(variations) ? `\n${readFileSync(variations, 'utf8')}` : '';
    writeFileSync(join(FOLDER, `${name}.md`), live + more);
  }
}
