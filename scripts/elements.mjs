// After the types: what editors and frameworks are told of the elements, all of it from the class comments. Into dist.
import { writeFileSync } from 'node:fs';
import { jsxTypes, vueTypes } from './elements/frameworks.mjs';
import { manifest } from './elements/manifest.mjs';
import { cssData, htmlData } from './elements/vscode.mjs';

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const described = await manifest();
const declarations = described.modules.flatMap((module) => module.declarations);
const files = {
  'custom-elements.json': json(described),
  'vscode.html-custom-data.json': json(htmlData(declarations)),
  'vscode.css-custom-data.json': json(cssData(declarations)),
  'jsx.d.ts': jsxTypes(declarations),
  'vue.d.ts': vueTypes(declarations),
};
for (const [name, text] of Object.entries(files)) writeFileSync(`dist/${name}`, text);
