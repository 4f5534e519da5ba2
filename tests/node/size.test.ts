/**
 * What a page has to load, in bytes of gzip: dist/cdn, minified. Beside heads.js a further element costs what the other
 * files do not have already. Elements with much to draw come as a small script that fetches them apart.
 */
import { expect, test } from 'vitest';
import { gzipped, loadedLater, loadedWith, scripts, weight, without } from './cdn-files';

/** Lit, the base and one element, until a recorded trace is drawn. The aim is 35 kB; this is a ceiling on what is measured. */
const FIRST = 42_000;
/** Each further element. */
const FURTHER = 8_000;
/** What an element that is fetched apart may weigh in all. */
const APART = 25_000;

const first = loadedWith('heads.js');
const rows = scripts().map((script) => {
  const files = loadedWith(script);
  const apart = [...loadedLater([script])].flatMap((file) => [...loadedWith(file)]);
  return {
    script,
    alone: weight(files),
    further: weight(without(files, first)),
    apart: weight(without(new Set(apart), first)),
  };
});
const table = [
  'script          alone  beside heads.js  fetched apart',
  ...rows.map(
    ({ script, alone, further, apart }) =>
      `${script.padEnd(16)}${String(alone).padStart(5)}${String(further).padStart(17)}${String(apart).padStart(15)}`,
  ),
].join('\n');

test('one element with Lit and the base fits into 42 kB', () => {
  expect(
    rows.filter(({ alone }) => alone > FIRST).map(({ script }) => script),
    table,
  ).toEqual([]);
});

test('each further element fits into 8 kB', () => {
  expect(
    rows.filter(({ further }) => further > FURTHER).map(({ script }) => script),
    table,
  ).toEqual([]);
});

test('an element that is fetched apart fits into 25 kB', () => {
  const large = rows.filter(({ script, apart }) => apart > APART && script !== 'all.js' && script !== 'debugger.js');
  expect(
    large.map(({ script }) => script),
    table,
  ).toEqual([]);
});

test('no script is minified badly or holds what it need not', () => {
  const raw = [...first].map((file) => [file, gzipped(file)] as const);
  expect(raw.filter(([, bytes]) => bytes > FIRST)).toEqual([]);
});
