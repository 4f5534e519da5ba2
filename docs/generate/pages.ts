/** Where generated pages are written: `docs/FOLDER/NAME.md`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Puts pages in the place of all that the folder held. */
export function writePages(folder: string, pages: Readonly<Record<string, string>>): void {
  const path = join('docs', folder);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(path, `${name}.md`), `${text.trim()}\n`);
}
