/** Where the package lies: the same from src/, from dist/ and from node_modules/. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function packageRoot(): string {
  return folderOf('fluoroscope', fileURLToPath(import.meta.url));
}

/** The version of this package, or of one that it depends on. */
export function packageVersion(name = 'fluoroscope'): string {
  const here = import.meta.url;
  const inside = name === 'fluoroscope' ? fileURLToPath(here) : createRequire(here).resolve(name);
  return manifest(folderOf(name, inside)).version;
}

function folderOf(name: string, inside: string): string {
  for (let folder = dirname(inside); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifest(folder).name === name) return folder;
    if (dirname(folder) === folder) throw new Error(`${inside} lies in no package named ${name}`);
  }
}

function manifest(folder: string): { name?: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
