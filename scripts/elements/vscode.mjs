// What VS Code completes and explains in HTML and CSS. https://github.com/microsoft/vscode-custom-data

export function htmlData(declarations) {
  return {
    version: 1.1,
    tags: declarations.map(({ tagName, description, attributes, events, slots }) => ({
      name: tagName,
      description: {
        kind: 'markdown',
        value: [description, list('Events', events), list('Slots', slots)].filter(Boolean).join('\n\n'),
      },
      attributes: attributes.map(({ name, description: about, type, default: value }) => ({
        name,
        description: [about, value && `Unless given: \`${value}\``].filter(Boolean).join('\n\n'),
        ...(type?.text === 'boolean' ? { valueSet: 'v' } : { values: choices(type?.text) }),
      })),
    })),
  };
}

export function cssData(declarations) {
  const properties = new Map(declarations.flatMap(({ cssProperties }) => cssProperties.map((one) => [one.name, one])));
  const parts = new Map(declarations.flatMap(({ cssParts }) => cssParts.map((one) => [one.name, one])));
  return {
    version: 1.1,
    properties: [...properties.values()].map(({ name, description, default: value }) => ({
      name,
      description: [description, value && `Unless set: \`${value}\``].filter(Boolean).join('\n\n'),
    })),
    pseudoClasses: declarations
      .flatMap(({ cssStates }) => cssStates)
      .map(({ name, description }) => ({ name: `:state(${name})`, description })),
    pseudoElements: [...parts.values()].map(({ name, description }) => ({ name: `::part(${name})`, description })),
  };
}

function list(title, items) {
  if (items.length === 0) return '';
  return `${title}:\n${items.map(({ name, description }) => `- \`${name || 'default'}\`: ${description}`).join('\n')}`;
}

/** The texts of a union such as `'auto' | 'off'`. */
function choices(type = '') {
  return [...type.matchAll(/'([^']+)'/g)].map(([, name]) => ({ name }));
}
