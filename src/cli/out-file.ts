/** `--out`: a file that appears whole or not at all. */
import { accessSync, constants, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FluoroscopeError } from '../errors';
import { isDirectory } from './local-files';

/** Refuses what cannot be written, before any work is done. @throws `output-unwritable` */
export function checkWritable(path: string): void {
  if (path === '') throw unwritable('--out ""', 'the name is empty; name a file');
  if (isDirectory(path)) throw unwritable(path, 'it is a directory; name a file');
  if (!isDirectory(dirname(resolve(path))))
    throw unwritable(path, `there is no directory ${dirname(resolve(path))}; create it`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile())
    throw unwritable(path, 'it is a device or a pipe, which cannot appear whole; name a file');
  const folder = dirname(target(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, `the directory ${folder} is not writable; choose another`, cause);
  }
}

/** Written beside its place and moved there; in one go, so that no signal comes between. @throws `output-unwritable` */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const place = target(path);
  const beside = `${place}.${process.pid}.part`;
  try {
    writeFileSync(beside, bytes);
    renameSync(beside, place);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw unwritable(path, (cause as Error).message, cause);
  }
}

/** Where the file itself lies: a link stays a link. */
function target(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : resolve(path);
}

function unwritable(path: string, why: string, cause?: unknown): FluoroscopeError {
  return new FluoroscopeError('output-unwritable', `${path} cannot be written: ${why}.`, { cause });
}
