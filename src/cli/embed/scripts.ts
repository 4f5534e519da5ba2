/** The files of dist/cdn that some of its entries load, now or later. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { FluoroscopeError } from '../../errors';

/**
 * @param folder dist/cdn
 * @returns paths in the folder
 * @throws `file-missing` where the package is not built
 */
export function scriptFiles(folder: string, entries: readonly string[]): string[] {
  const found = new Set(entries.map((name) => `${name}.js`));
  for (const file of found) {
    const path = join(folder, file);
    if (!existsSync(path)) {
      throw new FluoroscopeError('file-missing', `${path} is missing; build the package first: npm run build.`);
    }
    const code = readFileSync(path, 'utf8');
    for (const [, quoted] of code.matchAll(/["'`]((?:\.{1,2}\/)?[\w./-]+\.js)["'`]/g)) {
      const other = posix.normalize(posix.join(dirname(file), quoted!));
      if (!other.startsWith('..') && existsSync(join(folder, other))) found.add(other);
    }
  }
  return [...found].sort();
}
