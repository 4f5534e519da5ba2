/** dist/cdn as a browser sees it: which files a script loads with itself, and what they weigh on the way. */
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
export function loadedWith(script: string): Set<string> {
  const files = new Set([script]);
  for (const file of files) for (const target of targets(file, true)) files.add(target);
  return files;
}

/** What the files import when something is asked for, `import()`. */
export function loadedLater(files: Iterable<string>): Set<string> {
  return new Set([...files].flatMap((file) => targets(file, false)));
}

export function weight(files: Iterable<string>): number {
  return [...files].reduce((bytes, file) => bytes + gzipped(file), 0);
}

export function without(files: Iterable<string>, others: ReadonlySet<string>): string[] {
  return [...files].filter((file) => !others.has(file));
}

function targets(file: string, loads: boolean): string[] {
  return importsOf(file, readFileSync(join(FOLDER, file), 'utf8'))
    .filter((one) => one.loads === loads && one.target?.startsWith('.'))
    .map(({ target }) => posix.join(posix.dirname(file), target!));
}
