/** The snippet and the page around it. Both keep to a strict content security policy: no inline script, no inline style. */
import type { EmbeddedComponent } from '../commands/embed';

export interface Picture {
  readonly file: string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether it shows all of the figure, or only its top. */
  readonly whole: boolean;
}

export interface Embedded {
  readonly components: readonly EmbeddedComponent[];
  /** Where the scripts lie, with a slash at the end. */
  readonly scripts: string;
  /** Attributes of `<fluoro-model>`. */
  readonly model: Readonly<Record<string, string>>;
  /** By the component's name; what is shown where there is no script, and until the recording is there. */
  readonly pictures: ReadonlyMap<string, Picture>;
  /** The prompt as it is read. */
  readonly text: string;
  readonly modelName: string;
}

/** What is pasted into a page. */
export function snippet({ components, scripts, model, pictures, text, modelName }: Embedded): string {
  const tags = components.map(({ name }) => `<script type="module" src="${escaped(`${scripts}${name}.js`)}"></script>`);
  const inside = components.map(({ name, attributes }) => {
    const picture = pictures.get(name);
    const part = picture?.whole === false ? 'the top of a picture' : 'a picture';
    const alt = `${name} of ${modelName} on ${JSON.stringify(text)}: ${part} of the recorded values`;
    const image = picture
      ? `<img${written({ slot: 'fallback', src: picture.file, width: `${picture.width}`, height: `${picture.height}`, alt })}>`
      : '';
    return `  <fluoro-${name}${written(attributes)}>${image}</fluoro-${name}>`;
  });
  return [...tags, `<fluoro-model${written(model)}>`, ...inside, '</fluoro-model>', ''].join('\n');
}

/** A whole page with the snippet in it. */
export function page(embedded: Embedded): string {
  const title = `${embedded.components.map(({ name }) => name).join(', ')} of ${embedded.modelName}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${snippet(embedded)}</main>
</body>
</html>
`;
}

export const PAGE_CSS = `:root {
  color-scheme: light dark;
  background: light-dark(#ffffff, #15191d);
  color: light-dark(#1b2024, #e7e6e1);
  font: 1rem / 1.5 system-ui, sans-serif;
}
body {
  margin: 0;
}
main {
  max-width: 60rem;
  margin: 0 auto;
  padding: 1rem;
}
h1 {
  font-size: 1.125rem;
}
fluoro-model > * {
  display: block;
  margin-block: 1.5rem;
}
img {
  max-width: 100%;
  height: auto;
}
`;

/** Whether a text survives in an attribute: HTML has no NUL, and reads a carriage return as a line feed. */
export function isWritable(text: string): boolean {
  return !/[\0\r\p{Surrogate}]/u.test(text);
}

function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === '' && name !== 'alt' ? ` ${name}` : ` ${name}="${escaped(value)}"`))
    .join('');
}

function escaped(text: string): string {
  // A line break as such may be an empty line, which ends raw HTML in Markdown.
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    '\n': '&#10;',
  };
  return text.replace(/[&<>"\n]/g, (character) => names[character]!);
}
