/** docs/components: a page per component, of its own Markdown file, the live examples of docs/variations and its class. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageLinks } from './links';
import { type ElementDeclaration, elementDeclarations } from './manifest';
import { componentText, reference } from './reference';

export interface ComponentFile {
  /** `heads`, of components/heads/heads.md. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Every component that has a Markdown file of its own. */
export function componentFiles(): ComponentFile[] {
  return readdirSync('components', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('components', file))
    .map((file) => ({ name: /([^/]+)\.md$/.exec(file)![1]!, file, text: readFileSync(file, 'utf8') }));
}

export function componentPages(): Record<string, string> {
  const declarations = elementDeclarations();
  return Object.fromEntries(componentFiles().map((one) => [one.name, page(one, declarations)]));
}

function page({ name, file, text }: ComponentFile, declarations: ReadonlyMap<string, ElementDeclaration>): string {
  const declaration = declarations.get(classOf(name));
  if (!declaration && isOfElement(text))
    throw new Error(`${file}: custom-elements.json has no class ${classOf(name)}.`);
  if (!declaration) return pageLinks(live(text, file), file, 'components');
  const { prose, tables } = componentText(text);
  const variations = `docs/variations/${name}.md`;
  const examples = existsSync(variations) ? `## Variations\n\n${readFileSync(variations, 'utf8')}` : '';
  const [before, after] = [live(prose, file), reference(declaration, tables)].map((own) =>
    pageLinks(own, file, 'components'),
  );
  return [before, examples, after].join('\n');
}

/** `FluoroWaveGrid` of `wave-grid`. */
export function classOf(name: string): string {
  return `Fluoro${name.replace(/(^|-)./g, (part) => part.at(-1)!.toUpperCase())}`;
}

/** Whether a file speaks of one element, rather than of what several have. */
export const isOfElement = (text: string) => /^# `<fluoro-/.test(text);

/** The first example that needs no script of its own is live. A recording is shown in it before any weights are fetched. */
function live(text: string, file: string): string {
  const [, example] = /```html\n(?![^`]*<script)([^`]*)/.exec(text) ?? [];
  if (example?.includes('<fluoro-model') && !/\btrace="\/traces\//.test(example)) {
    throw new Error(`${file}: its first example has no recording: give it one of docs/traces.json.`);
  }
  return text.replace(/```html\n(?![^`]*<script)/, '```html live\n');
}
