/** The package as a registry would give it, and the processes of those who install it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

// What npm and Vitest put into the environment of this process is not meant for those started here.
const own = /^(npm_|VITEST|VITE_|TEST$|NODE_ENV$)/;
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
export const env = { ...clean, PUPPETEER_SKIP_DOWNLOAD: '1', NO_COLOR: '1' };

export interface Packed {
  readonly tarball: string;
  /** Paths of the files in it. */
  readonly files: readonly string[];
}

export async function pack(folder: string): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { env });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}
