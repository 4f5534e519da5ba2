/** dist/cdn as a browser sees it: which files a script loads, when, and what they weigh on the way. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importsOf } from './layers';

const FOLDER = 'dist/cdn';

/** Bytes of a file as a server sends it, gzip at level 9. */
export function gzipped(file: string): number {
  return gzipSync(readFileSync(join(FOLDER, file)), { level: 9 }).length;
}

/** The scripts that a page may name: one per element, and all. */
export function scripts(): string[] {
  const entries = readdirSync('components/entries').map((file) => file.replace(/ts$/, 'js'));
  return [...entries, 'all.js'].sort();
}

/** A script and all that it imports statically, by their paths below dist/cdn. */
function loadedWith(script: string): Set<string> {
  const files = new Set([script]);
  for (const file of files) for (const target of targets(file, true)) files.add(target);
  return files;
}

/** What a page fetches until the first picture of a recorded trace: of elements that a script fetches apart these too. */
export function loadedFirst(script: string): Set<string> {
  const files = loadedWith(script);
  const apart = APART.test(readFileSync(join(FOLDER, script), 'utf8')) ? targets(script, false) : [];
  return new Set([...files, ...apart.flatMap((file) => [...loadedWith(file)])]);
}

/** Such a script is imports alone, and says of which elements. */
const APART = /^(import *(\{[^}]*\} *from *)?"[^"]+";)+\w+\(`fluoro-/;

/** What it takes to load a model and to run token ids on it, over what a recording takes: shaders too, and what measures them. */
export function loadedLive(): string[] {
  const files = ['live-half', 'fastest'].flatMap((name) => [...loadedWith(fetchedApart(name))]);
  return without(new Set(files), loadedFirst('model.js'));
}

/** What a page fetches once a live pass is drawn, so that the next key press goes on from it. */
export function loadedNext(): string[] {
  return besideLive('reuse');
}

/** What a model with a tokenizer takes besides, which is a library. */
export function loadedTokenizer(): string[] {
  return besideLive('parse-tokenizer');
}

/** A module that is imported when it is needed, with its imports, as far as a live page has them not. */
function besideLive(name: string): string[] {
  return without(loadedWith(fetchedApart(name)), new Set([...loadedFirst('model.js'), ...loadedLive()]));
}

/** What `<fluoro-kernel>` fetches after its first picture: all shaders' text, the parser of WGSL and the stepper. */
export function loadedShaders(): string[] {
  const first = loadedFirst('kernel.js');
  const files = new Set(['kernel-source', 'live-view'].map(fetchedApart));
  for (const file of files) {
    for (const target of [...targets(file, true), ...targets(file, false)]) if (!first.has(target)) files.add(target);
  }
  return [...files];
}

/** The file of a module that is imported when it is needed. */
function fetchedApart(name: string): string {
  const file = readdirSync(FOLDER).find((file) => file.startsWith(`${name}-`) && file.endsWith('.js'));
  if (!file) throw new Error(`dist/cdn has no ${name}-….js`);
  return file;
}

export function weight(files: Iterable<string>): number {
  return [...files].reduce((bytes, file) => bytes + gzipped(file), 0);
}

export function without(files: Iterable<string>, others: ReadonlySet<string>): string[] {
  return [...files].filter((file) => !others.has(file));
}

/** Ceilings, in bytes of gzip. */
export const MOST = {
  /** Lit, the base and one element, until a recorded trace is drawn. */
  first: 35_000,
  /** Each further element, beside heads.js. */
  further: 8_000,
  /** What loads a model and runs it, shaders included. */
  live: 60_000,
  /** What goes on from a pass. */
  next: 3_000,
  /** The library that reads tokenizer.json. */
  tokenizer: 12_000,
  /** All shaders, and the parser of WGSL and the stepper, of which a library is two thirds. */
  shaders: 93_000,
} as const;

export interface Weights {
  readonly script: string;
  /** Lit, the base and the element, until it draws a recorded trace; bytes of gzip. */
  readonly alone: number;
  /** What it adds to a page that has `<fluoro-heads>`. */
  readonly further: number;
}

export function weights(): Weights[] {
  const heads = loadedFirst('heads.js');
  return scripts().map((script) => {
    const files = loadedFirst(script);
    return { script, alone: weight(files), further: weight(without(files, heads)) };
  });
}

function targets(file: string, loads: boolean): string[] {
  return importsOf(file, readFileSync(join(FOLDER, file), 'utf8'))
    .filter((one) => one.loads === loads && one.target?.startsWith('.'))
    .map(({ target }) => posix.join(posix.dirname(file), target!));
}
