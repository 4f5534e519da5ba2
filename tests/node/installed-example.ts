/** A project of tests/examples with what it depends on, and the packed package among it. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { env, run } from './packed';

interface Lock {
  readonly packages: Record<string, { resolved?: string; integrity?: string; dependencies?: Record<string, string> }>;
}

/** Installs a copy of it, from its lock file. @param folder where the project's own folder goes */
export async function installExample(name: string, folder: string, tarball: string): Promise<string> {
  const cwd = join(folder, name);
  cpSync(join('tests/examples', name), cwd, { recursive: true });
  cpSync(tarball, join(cwd, 'fluoroscope.tgz'));
  const file = join(cwd, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  // Whoever installs gets all from the registry that is theirs.
  expect(Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? [])).toEqual(['file:fluoroscope.tgz']);
  const own = lock.packages['node_modules/fluoroscope']!;
  expect(own.dependencies, `${file} is of an older package.json: run npm install there`).toEqual(pkg.dependencies);
  delete own.integrity; // that of the tarball when the lock file was written
  writeFileSync(file, JSON.stringify(lock));
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', args, { cwd, env });
  return cwd;
}
