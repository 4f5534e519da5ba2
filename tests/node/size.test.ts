/**
 * What a page has to load, in bytes of gzip: dist/cdn, minified. `npm run docs` writes the same table into the site,
 * reference/sizes.
 */
import { expect, test } from 'vitest';
import {
  gzipped,
  loadedFirst,
  loadedLive,
  loadedNext,
  loadedShaders,
  loadedTokenizer,
  MOST,
  scripts,
  weight,
  weights,
} from './cdn-files';

const rows = weights().filter(({ script }) => script !== 'all.js');
const table = [
  'script           alone  beside heads.js',
  ...rows.map(
    ({ script, alone, further }) => script.padEnd(16) + String(alone).padStart(6) + String(further).padStart(17),
  ),
].join('\n');

test('one element with Lit and the base fits into 35 kB', () => {
  const large = rows.filter(({ alone }) => alone > MOST.first);
  expect(large, table).toEqual([]);
});

test('each further element fits into 8 kB', () => {
  const large = rows.filter(({ further }) => further > MOST.further);
  expect(large, table).toEqual([]);
});

test.each([
  ['what runs a model live, shaders included, fits into 60 kB', loadedLive, MOST.live],
  ['what goes on from a pass fits into 3 kB', loadedNext, MOST.next],
  ['what reads a tokenizer fits into 12 kB', loadedTokenizer, MOST.tokenizer],
  ['what shows and steps a shader fits into 93 kB', loadedShaders, MOST.shaders],
])('%s', (_, loaded, most) => {
  const files = loaded();
  expect(weight(files), files.map((file) => `${file} ${gzipped(file)}`).join('\n')).toBeLessThanOrEqual(most);
  expect(weight(files)).toBeGreaterThan(most / 2);
});

test('a script that fetches its element apart is counted with it', () => {
  expect(scripts().filter((script) => loadedFirst(script).size < 2)).toEqual([]);
  const [base] = rows.filter(({ script }) => script === 'model.js');
  expect(rows.filter(({ script, alone }) => script !== 'model.js' && alone <= base!.alone)).toEqual([]);
});
