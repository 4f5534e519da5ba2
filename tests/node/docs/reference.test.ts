/** What a component's Markdown names, its class declares: the reference on its page is drawn from both. */
import { expect, test } from 'vitest';
import { classOf, componentFiles, isOfElement } from '../../../docs/generate/components';
import { elementDeclarations } from '../../../docs/generate/manifest';
import { componentText, undeclared } from '../../../docs/generate/reference';

test('no attribute, property, event, slot, part or CSS property is told of that is not there', () => {
  const declarations = elementDeclarations();
  const files = componentFiles().filter(({ text }) => isOfElement(text));
  expect(files.length).toBeGreaterThan(14);
  const unknown = files.flatMap(({ name, file, text }) => {
    const declaration = declarations.get(classOf(name));
    if (!declaration) return [`${file}: no class ${classOf(name)}`];
    return undeclared(declaration, componentText(text).tables).map((one) => `${file}: ${one}`);
  });
  expect(unknown).toEqual([]);
});
