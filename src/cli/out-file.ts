/** `--out`: a file that appears whole or not at all. */
import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FluoroscopeError } from '../errors';
import { isDirectory } from './local-files';

/** Refuses what cannot be written, before any work is done. @throws `output-unwritable` */
export function checkWritable(path: string): void {
  const folder = dirname(resolve(path));
  if (isDirectory(path)) throw unwritable(path, 'it is a directory; name a file');
  if (!isDirectory(folder)) {
    throw unwritable(path, `there is no directory ${folder}; create it`);
  }
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, `the directory ${folder} is not writable; choose another`, cause);
  }
}

/** Written beside its place and moved there; in one go, so that no signal comes between. @throws `output-unwritable` */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const beside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(beside, bytes);
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw unwritable(path, (cause as Error).message, cause);
  }
}

function unwritable(path: string, why: string, cause?: unknown): FluoroscopeError {
  return new FluoroscopeError('output-unwritable', `${path} cannot be written: ${why}.`, { cause });
}
