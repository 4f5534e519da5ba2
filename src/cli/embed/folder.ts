/** `--out` of a command that writes a folder: it appears whole or not at all. */
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FluoroscopeError } from '../../errors';
import { isDirectory } from '../local-files';

/** Refuses what cannot be written, before any work is done. @throws `output-unwritable` */
export function checkFolder(path: string, force: boolean): void {
  if (path === '') throw unwritable('--out ""', 'the name is empty; name a folder');
  const place = resolve(path);
  const there = statSync(place, { throwIfNoEntry: false });
  if (there && !there.isDirectory()) throw unwritable(path, 'it is a file; name a folder');
  if (there && !force && readdirSync(place).length > 0) {
    throw unwritable(path, 'it is not empty; name another folder, or add --force to replace all that it holds');
  }
  const around = dirname(place);
  if (!isDirectory(around)) throw unwritable(path, `there is no directory ${around}; create it`);
  try {
    accessSync(around, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, `the directory ${around} is not writable; choose another`, cause);
  }
}

/** A folder in the making, beside its place. */
export class NewFolder {
  readonly path: string;
  readonly #place: string;

  constructor(private readonly out: string) {
    this.#place = resolve(out);
    this.path = `${this.#place}.${process.pid}.part`;
    mkdirSync(this.path);
  }

  write(file: string, content: string | Uint8Array): void {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** Moves it to its place; what was there is gone after that. @throws `output-unwritable` */
  finish(): void {
    const old = `${this.#place}.${process.pid}.old`;
    try {
      const there = statSync(this.#place, { throwIfNoEntry: false });
      if (there) renameSync(this.#place, old);
      try {
        renameSync(this.path, this.#place);
      } catch (error) {
        if (there) renameSync(old, this.#place);
        throw error;
      }
      rmSync(old, { recursive: true, force: true });
    } catch (cause) {
      throw unwritable(this.out, (cause as Error).message, cause);
    }
  }

  /** Takes away what was not finished. */
  discard(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function unwritable(path: string, why: string, cause?: unknown): FluoroscopeError {
  return new FluoroscopeError('output-unwritable', `${path} cannot be written: ${why}.`, { cause });
}
