// Types of the elements in JSX (React 19) and in Vue's templates: properties, attributes and events, each from its class.
import { entries } from './manifest.mjs';

const STRING = /\bstring\b|'/;

/** `import 'fluoroscope/jsx'` in a project with React's types. */
export function jsxTypes(declarations) {
  return `${imports(declarations)}
import type { ClassAttributes, HTMLAttributes } from 'react';

/** Of every element: React's own, \`class\`, and a \`ref\` to the element. */
type Common<E extends HTMLElement> = Omit<HTMLAttributes<E>, 'onError'> &
  ClassAttributes<E> & { class?: string | undefined };

export interface FluoroscopeElements {
${declarations.map((one) => elementType(one, (name) => `'on${name}'?: ((event: ${eventOf(one, name)}) => void) | undefined;`)).join('\n')}
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends FluoroscopeElements {}
  }
}
`;
}

/** `import 'fluoroscope/vue'` in a project with Vue. */
export function vueTypes(declarations) {
  const component = (one) => {
    const { tagName } = one;
    return `  '${tagName}': Element<FluoroscopeElements['${tagName}']>;`;
  };
  return `${imports(declarations)}
import type { HTMLAttributes, PublicProps } from 'vue';

/** Of every element: Vue's own attributes. */
type Common<_E extends HTMLElement> = HTMLAttributes;

export interface FluoroscopeElements {
${declarations.map((one) => elementType(one, (name) => `'on${camel(name)}'?: ((event: ${eventOf(one, name)}) => void) | undefined;`)).join('\n')}
}

type Element<Props> = new () => { $props: Props & PublicProps };

declare module 'vue' {
  interface GlobalComponents {
${declarations
  .map(component)
  .map((line) => `  ${line}`)
  .join('\n')}
  }
}
`;
}

/** The classes, so that each property has its own type and each event what `HTMLElementEventMap` says of it. */
function imports(declarations) {
  const wanted = new Set(declarations.map(({ name }) => name));
  const from = entries().map(({ name, exported }) => {
    const classes = exported.filter((className) => wanted.delete(className));
    return classes.length > 0
      ? `import type { ${classes.join(', ')} } from './types/components/entries/${name}.js';`
      : '';
  });
  if (wanted.size > 0) throw new Error(`no entry exports ${[...wanted].join(', ')}`);
  return from.filter(Boolean).join('\n');
}

function elementType(declaration, event) {
  const { tagName, name, attributes, members, events } = declaration;
  // Both frameworks set a property with the text of an attribute of its name, whatever else the property holds.
  const texts = new Set(attributes.filter((one) => one.name !== one.fieldName).map((one) => one.name));
  const fields = members.filter((one) => one.kind === 'field' && !one.readonly && !texts.has(one.name));
  const named = new Set(fields.map((field) => field.name));
  const lines = [
    ...fields.map((field) => {
      const text = isNumber(field, attributes)
        ? `${name}['${field.name}'] | \`\${number}\``
        : `${name}['${field.name}']`;
      return `${comment(field)}    ${field.name}?: ${text} | undefined;`;
    }),
    // An attribute whose property has another name, or that is text where the property is none.
    ...attributes
      .filter((one) => !named.has(one.name))
      .map(
        (one) =>
          `${comment(one)}    '${one.name}'?: ${STRING.test(one.type?.text ?? '') ? 'string' : 'string | number'} | undefined;`,
      ),
    ...events.map((one) => `${comment(one)}    ${event(one.name)}`),
  ];
  return `  /** ${text(declaration.description)} */
  '${tagName}': Common<${name}> & {
${lines.join('\n')}
  };`;
}

function isNumber({ name, type }, attributes) {
  return (
    attributes.some(({ fieldName }) => fieldName === name) &&
    /\bnumber\b/.test(type?.text ?? '') &&
    !/\[\]/.test(type.text)
  );
}

const comment = ({ description }) => (description ? `    /** ${text(description)} */\n` : '');
const text = (description = '') => description.replace(/\s+/g, ' ').replaceAll('*/', '*\\/');
const eventOf = (_declaration, name) => `HTMLElementEventMap['${name}']`;
const camel = (name) => name.replace(/^./, (c) => c.toUpperCase()).replace(/-(.)/g, (_, c) => c.toUpperCase());
