// custom-elements.json: what the class comments and the declarations of the elements say, a module per entry of the package.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cli } from '@custom-elements-manifest/analyzer/cli.js';
import { unions } from './unions.mjs';

const ENTRIES = 'components/entries';

/** The manifest, with the paths that the package has. https://github.com/webcomponents/custom-elements-manifest */
export async function manifest() {
  const argv = ['analyze', '--litelement', '--quiet', '--outdir', 'dist', '--globs', 'components/*/*.ts'];
  const analyzed = await cli({ argv, cwd: process.cwd(), noWrite: true });
  const classes = new Map(
    analyzed.modules.flatMap(({ declarations = [] }) => declarations.map((one) => [one.name, one])),
  );
  const built = await import(pathToFileURL('dist/components.js').href);
  const texts = unions();
  const placed = new Set();
  const modules = entries().map(({ name, elements }) => {
    const own = elements.filter(({ tag }) => tag === `fluoro-${name}` || (!ownEntry(tag) && !placed.has(tag)));
    for (const { tag } of own) placed.add(tag);
    return moduleOf(`dist/components/${name}.js`, own, classes, built, texts);
  });
  return { schemaVersion: '1.0.0', readme: 'README.md', modules };
}

/**
 * Every entry with the elements that it registers and the classes that it exports. Those that it fetches later and another
 * entry has are not among them.
 */
export function entries() {
  return readdirSync(ENTRIES).map((file) => {
    const text = readFileSync(join(ENTRIES, file), 'utf8');
    const registered = [...text.matchAll(/'(fluoro-[\w-]+)': (?:async .*\.)?(Fluoro\w+)/g)];
    const exported = /^export \{([^}]+)\}/m.exec(text)[1].match(/\w+/g);
    const elements = registered
      .map(([, tag, className]) => ({ tag, className }))
      .filter(({ className }) => exported.includes(className));
    return { name: basename(file, '.ts'), elements, exported };
  });
}

const ownEntry = (tag) => entries().some(({ name }) => tag === `fluoro-${name}`);

function moduleOf(path, elements, classes, built, texts) {
  return {
    kind: 'javascript-module',
    path,
    declarations: elements.map(({ tag, className }) =>
      declarationOf(tag, classes.get(className), built[className], texts.get(className)),
    ),
    exports: elements.flatMap(({ tag, className }) => [
      { kind: 'js', name: className, declaration: { name: className, module: path } },
      { kind: 'custom-element-definition', name: tag, declaration: { name: className, module: path } },
    ]),
  };
}

function declarationOf(tagName, found, element, texts) {
  const members = publicMembers(found.members ?? []);
  const named = new Map((found.members ?? []).map((member) => [member.name, member]));
  return {
    kind: 'class',
    name: found.name,
    tagName,
    customElement: true,
    description: found.description,
    attributes: attributesOf(element, named, texts),
    members,
    events: own((found.events ?? []).filter(({ description }) => description)),
    slots: own(found.slots ?? []),
    cssParts: own(found.cssParts ?? []),
    cssProperties: own(found.cssProperties ?? []),
    cssStates: statesOf(members, texts),
    superclass: { name: 'LitElement', package: 'lit' },
  };
}

/** Each text of a field whose comment says that it is the custom state too. */
function statesOf(members, texts) {
  return members
    .filter(({ description }) => description.includes('`:state(…)`'))
    .flatMap(({ name }) =>
      texts
        .get(name)
        .match(/(?<=')\w+/g)
        .map((state) => ({ name: state, description: `While \`${name}\` is \`${state}\`.` })),
    );
}

/** What the class itself observes: the analyzer takes Lit's internal state for attributes. */
function attributesOf(element, members, texts) {
  const observed = new Set(element.observedAttributes);
  return [...element.elementProperties]
    .map(([fieldName, { attribute }]) => ({
      fieldName,
      name: typeof attribute === 'string' ? attribute : fieldName.toLowerCase(),
    }))
    .filter(({ name, fieldName }) => observed.has(name) && members.has(fieldName))
    .map(({ name, fieldName }) => {
      const { type, description, default: value } = members.get(fieldName);
      const union = texts.get(fieldName);
      return {
        name,
        fieldName,
        type: union ? { text: union } : type,
        description,
        ...(value !== undefined && { default: value }),
      };
    });
}

/** Fields and methods for those who use the element: not what Lit calls, nor what its own classes share. */
function publicMembers(members) {
  const LIFECYCLE = /^(connected|disconnected|adopted|attributeChanged)Callback$|^(canvas|cellRect|rowCount|colCount)$/;
  return own(
    members.filter(
      ({ name, privacy = 'public', static: isStatic, description }) =>
        privacy === 'public' && !isStatic && !/^[#_]/.test(name) && !LIFECYCLE.test(name) && description,
    ),
  ).map(({ parameters, ...member }) => (parameters ? { ...member, parameters: parameters.map(named) } : member));
}

/** A parameter by the name that a caller knows: one that is taken apart by its type's, one that is not read without the underscore. */
function named({ name, ...parameter }) {
  const { text } = parameter.type;
  return { name: name.startsWith('{') ? text[0].toLowerCase() + text.slice(1) : name.replace(/^_/, ''), ...parameter };
}

/** Without where it was inherited from: the base classes are no part of the package's face. */
function own(list) {
  return list.map(({ inheritedFrom: _, ...one }) => one);
}
