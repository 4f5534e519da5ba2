/** What editors and frameworks are told of the elements, against the elements themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadedFiles } from './layers';

interface Named {
  readonly name: string;
  readonly description?: string;
  readonly type?: { readonly text: string };
  readonly default?: string;
}

interface Declaration extends Named {
  readonly tagName: string;
  readonly attributes: readonly Named[];
  readonly events: readonly Named[];
  readonly slots: readonly Named[];
  readonly cssParts: readonly Named[];
  readonly cssProperties: readonly Named[];
}

const json = (file: string) => JSON.parse(readFileSync(join('dist', file), 'utf8'));
const { modules } = json('custom-elements.json') as { modules: { path: string; declarations: Declaration[] }[] };
const declarations = modules.flatMap((module) => module.declarations.map((one) => [one.tagName, one] as const));
const names = (list: readonly Named[]) => list.map(({ name }) => name);

/** All code that an element loads, with itself or when it is needed, without comments. */
function sourceOf(tag: string): string {
  const { path } = modules.find((module) => module.declarations.some(({ tagName }) => tagName === tag))!;
  const entry = path.replace('dist/components/', 'components/entries/').replace(/js$/, 'ts');
  return loadedFiles(process.cwd(), entry, true)
    .filter((file) => file.startsWith('components/'))
    .map((file) => readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\//gs, ''))
    .join('\n');
}

test('every element that is registered is in the manifest, once, at the module that exports and registers it', async () => {
  const all: Record<string, unknown> = await import(join(process.cwd(), 'dist/components.js'));
  const classes = Object.keys(all).filter((name) => name.startsWith('Fluoro'));
  expect(names(declarations.map(([, one]) => one)).sort()).toEqual(classes.sort());
  for (const { path, declarations } of modules) {
    const own = await import(join(process.cwd(), path));
    expect(Object.keys(own)).toEqual(expect.arrayContaining(names(declarations)));
  }
});

describe.each(declarations)('%s', (tag, declaration) => {
  test('its attributes are those that the class observes, each with its type and a sentence', async () => {
    const all = await import(join(process.cwd(), 'dist/components.js'));
    expect(names(declaration.attributes).sort()).toEqual([...all[declaration.name].observedAttributes].sort());
    for (const { name, type, default: value } of declaration.attributes) {
      expect(type?.text, name).toBeTruthy();
      expect(value, name).toBeDefined();
    }
  });

  test('it dispatches its events, and shows its parts and slots', () => {
    const source = sourceOf(tag);
    const by: Record<string, RegExp> = {
      'fluoro-select': /\bselect\(/,
      'fluoro-begin': /\bbegin\(/,
      'fluoro-hover': /\bpoint\(/,
    };
    const isSent = (name: string) => source.includes(`'${name}'`) || by[name]?.test(source);
    expect(names(declaration.events).filter((name) => !isSent(name))).toEqual([]);
    // `part="map"`, `part="figure map"`, `part=${name}` with the name elsewhere, `part: 'map'`
    const isPart = (name: string) =>
      new RegExp(`part="(?:[^"]* )?${name}(?: [^"]*)?"`).test(source) || new RegExp(`['\` ]${name}['\` ]`).test(source);
    expect(names(declaration.cssParts).filter((name) => !isPart(name))).toEqual([]);
    const isSlot = (name: string) => (name === '' ? /<slot[ >]/ : new RegExp(`<slot name="${name}"`)).test(source);
    expect(names(declaration.slots).filter((name) => !isSlot(name))).toEqual([]);
  });

  test('it is no landmark of the page, which may hold it many times', () => {
    const tags = sourceOf(tag).match(/<(nav|aside|main|section|form)\b[^>]*|role="[a-z]+"/g) ?? [];
    const named = (one: string) => /^<(section|form)/.test(one) && /aria-label/.test(one) && !/role="group"/.test(one);
    const role = /role="(region|navigation|complementary|main|search|form|banner|contentinfo)"/;
    expect(tags.filter((one) => /^<(nav|aside|main)/.test(one) || named(one) || role.test(one))).toEqual([]);
  });

  test('its styles read its custom properties', () => {
    const source = sourceOf(tag);
    expect(names(declaration.cssProperties).filter((name) => !source.includes(`var(${name}`))).toEqual([]);
  });
});

test('every part that an element names is in the manifest', () => {
  const all = new Set(declarations.flatMap(([, { cssParts }]) => names(cssParts)));
  const shown = declarations.flatMap(([tag]) => [...sourceOf(tag).matchAll(/[ \n]part="([\w -]+)"/g)]);
  const parts = [...new Set(shown.flatMap(([, list]) => list!.split(' ')))];
  expect(parts.filter((name) => !all.has(name))).toEqual([]);
});

const html = json('vscode.html-custom-data.json') as {
  tags: (Named & { attributes: (Named & { values?: Named[]; valueSet?: string })[] })[];
};

test.each([
  ['fluoro-model', 'loading', 'lazy eager click'],
  ['fluoro-model', 'reference', 'auto off only'],
  ['fluoro-attribution', 'sort', 'computation size'],
  ['fluoro-buffer', 'compare', 'none other float64 before'],
  ['fluoro-buffer', 'range', 'full 99.9% 99%'],
  ['fluoro-circuit', 'metric', 'logit-difference probability loss kl'],
  ['fluoro-compare', 'align', 'start end'],
  ['fluoro-compare', 'order', 'largest relative computation'],
  ['fluoro-lens', 'measure', 'probability rank entropy kl'],
  ['fluoro-patching', 'at', 'resid_pre resid_mid resid_post attn_out mlp_out z q k v pattern'],
  ['fluoro-patching', 'metric', 'logit-difference probability loss kl'],
  ['fluoro-residual', 'measure', 'length along cosine turn'],
])('VS Code completes what <%s %s> can be', (tag, attribute, values) => {
  const found = html.tags.find(({ name }) => name === tag)!.attributes.find(({ name }) => name === attribute)!;
  expect(names(found.values!).sort()).toEqual(values.split(' ').sort());
});

test('VS Code is told of all of it', () => {
  const { tags } = html;
  expect(tags.map(({ name, attributes }) => [name, names(attributes)])).toEqual(
    declarations.map(([tag, { attributes }]) => [tag, names(attributes)]),
  );
  const { properties, pseudoClasses, pseudoElements } = json('vscode.css-custom-data.json') as Record<string, Named[]>;
  expect(names(properties!)).toEqual(expect.arrayContaining(['--fluoro-accent', '--fluoro-text']));
  expect(names(pseudoClasses!)).toEqual(
    ['idle', 'recorded', 'loading', 'ready', 'running', 'error'].map((state) => `:state(${state})`),
  );
  expect(names(pseudoElements!)).toEqual(expect.arrayContaining(['::part(map)', '::part(message)']));
});
