/** components/entries: each registers one element with all that it is made of. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadedFiles } from './layers';

const root = process.cwd();
const entries = readdirSync('components/entries').map((file) => basename(file, '.ts'));
const code = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll(/\/\*.*?\*\/|(?<=\s)\/\/.*?$/gms, '');
/** Parts of others, which fetch them later. */
const PARTS = ['edit-actions', 'wave-grid'];
const matches = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, found]) => found!))];
const registered = (entry: string) => matches(code(`components/entries/${entry}.ts`), /'(fluoro-[\w-]+)': \w+/g);

test('every component of its own has an entry, and components/index.ts has them all', () => {
  const written = readdirSync('components', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.md') && !file.startsWith('shared'),
  );
  const own = entries.filter((name) => !PARTS.includes(name));
  expect(written.map((file) => basename(file, '.md')).sort()).toEqual(own.sort());
  const index = code('components/index.ts');
  expect(matches(index, /export \* from '\.\/entries\/([\w-]+)'/g).sort()).toEqual([...entries].sort());
});

test('every element that is declared is registered by some entry', () => {
  const files = readdirSync('components', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const declared = files.flatMap((file) => matches(code(join('components', file)), /^ {4}'(fluoro-[\w-]+)': Fluoro/gm));
  expect([...new Set(entries.flatMap(registered))].sort()).toEqual(declared.sort());
});

describe.each(entries)('%s', (entry) => {
  test('registers its element, <fluoro-model>, and every element that these render', () => {
    const rendered = loadedFiles(root, `components/entries/${entry}.ts`, true)
      .filter((file) => file.startsWith('components/') && !file.startsWith('components/entries/'))
      .flatMap((file) => matches(code(file), /<(fluoro-[\w-]+)/g));
    const needed = new Set(['fluoro-model', `fluoro-${entry}`, ...rendered]);
    expect(registered(entry).sort()).toEqual([...needed].sort());
  });
});
