/** A model's files on this machine's disk. */
import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { FluoroscopeError } from '../errors.ts';
import type { ModelFiles } from '../model/files.ts';

const CHUNK = 2 ** 24; // bytes between two reports of progress

/** @param directory a path, relative to the working directory or absolute. */
export function localFiles(directory: string): ModelFiles {
  return {
    name: basename(resolve(directory)),
    async read(path, { onProgress, signal } = {}) {
      signal?.throwIfAborted();
      const file = join(directory, path);
      let handle: FileHandle | undefined;
      try {
        handle = await open(file);
        const status = await handle.stat();
        if (!status.isFile()) throw new Error('it is not a file');
        const total = status.size;
        const bytes = new Uint8Array(total);
        let received = 0;
        onProgress?.({ path, received, total });
        while (received < total) {
          const { bytesRead } = await handle.read(bytes, received, Math.min(CHUNK, total - received));
          signal?.throwIfAborted();
          if (bytesRead === 0)
            throw new Error(`it ended after ${received} of ${total} bytes; is something writing to it?`);
          received += bytesRead;
          onProgress?.({ path, received, total });
        }
        return bytes;
      } catch (cause) {
        signal?.throwIfAborted();
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === 'ENOENT') return null;
        throw new FluoroscopeError('fetch-failed', `${file} cannot be read: ${message}`, { cause });
      } finally {
        await handle?.close();
      }
    },
  };
}

/** Whether there is such a directory, for whatever reason not. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
