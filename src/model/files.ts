/** Where a model's files come from: an address, files picked in a page, or (`src/cli/local-files.ts`) a disk. */
import { FluoroscopeError } from '../errors';
import { describeImpostor } from '../tensor/impostor';
import { parseStrictJson } from '../tensor/strict-json';
import { type ByteSink, WholeFile } from './byte-sink';
import { fetchFile } from './fetch-file';
import { FileCache } from './file-cache';
import { Hashing, sha256 } from './sha256';

export interface ReadProgress {
  /** Relative to the model's directory. */
  readonly path: string;
  /** Bytes so far. Falls back to 0 where a broken download has to begin again. */
  readonly received: number;
  /** Bytes in all; null where the server does not say. */
  readonly total: number | null;
}

export interface ReadOptions {
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether what comes from an address is kept in this browser, and taken from there when the server's version is still the
   * same; true unless given. Only pages on https or localhost have such a place.
   */
  readonly cache?: boolean | undefined;
}

export interface ModelFiles {
  /** Names the directory in errors and in trace files. */
  readonly name: string;
  /** @returns null where there is no such file. @throws FluoroscopeError 'fetch-failed' where it cannot be had. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * As `read`, but the bytes are handed on as they come, and not held.
   * @returns their SHA-256, in hexadecimal; null where there is no such file, and then the sink gets nothing
   */
  stream?(path: string, sink: ByteSink, options?: ReadOptions): Promise<string | null>;
  /** What came was no such file, cut short perhaps without anyone's noticing: it is not kept for the next time. */
  forget?(path: string): Promise<void>;
}

/** Streams a file from wherever files come from; where that only reads whole files, one is held meanwhile. */
export async function streamFile(
  files: ModelFiles,
  path: string,
  sink: ByteSink,
  options?: ReadOptions,
): Promise<string | null> {
  if (files.stream) return files.stream(path, sink, options);
  const bytes = await files.read(path, options);
  if (!bytes) return null;
  sink.begin({ total: bytes.length, version: null });
  await sink.write(bytes);
  return sha256(bytes);
}

/**
 * The files below an address. A download that breaks goes on from where it broke (HTTP Range), see `download`; a page
 * keeps what it has downloaded, see `fetchFile`.
 * @param base a directory's URL, with or without the slash at its end; in a page it may be relative to the page.
 */
export function urlFiles(base: string | URL): ModelFiles {
  let directory: URL;
  try {
    directory = new URL(base, globalThis.document?.baseURI ?? globalThis.location?.href);
    if (!directory.pathname.endsWith('/')) directory.pathname += '/';
    directory = new URL('.', directory); // Nothing lies below javascript:, data: and the like.
  } catch (cause) {
    throw new FluoroscopeError('usage', `${base} is not an address; expected a URL such as https://host/model/`, {
      cause,
    });
  }
  const files = reader(nameOf(directory), (path, sink, { onProgress, signal, cache = true } = {}) => {
    const report = (received: number, total: number | null) => onProgress?.({ path, received, total });
    return fetchFile(new URL(path, directory), sink, report, { signal, cache });
  });
  return { ...files, forget: async (path) => (await FileCache.open())?.drop(new URL(path, directory)) };
}

/** Files that come as streams. */
function reader(name: string, stream: NonNullable<ModelFiles['stream']>): ModelFiles {
  return {
    name,
    stream,
    async read(path, options) {
      const whole = new WholeFile();
      return (await stream(path, whole, options)) === null ? null : whole.bytes();
    },
  };
}

/** The directory's own name; on huggingface.co, whose file addresses end in /resolve/REVISION/, the repository's. */
function nameOf({ pathname, host }: URL): string {
  const path = pathname.replace(/\/resolve\/[^/]+\/$/, '/');
  return path.split('/').at(-2) || host;
}

/**
 * Files picked with `<input type=file webkitdirectory>` or dropped on a page. The picked directory is the model's:
 * paths count from inside it.
 * @throws FluoroscopeError 'usage' where two files have one path.
 */
export function browserFiles(files: Iterable<File>): ModelFiles {
  const byPath = new Map<string, File>();
  let name = 'picked files';
  for (const file of files) {
    const [directory, ...rest] = file.webkitRelativePath.split('/');
    if (rest.length > 0) name = directory!;
    const path = rest.length > 0 ? rest.join('/') : file.name;
    if (byPath.has(path)) {
      throw new FluoroscopeError('usage', `${name}: two files are named ${path}; pick the files of one model`);
    }
    byPath.set(path, file);
  }
  return reader(name, async (path, sink, { onProgress, signal } = {}) => {
    signal?.throwIfAborted();
    const file = byPath.get(path);
    if (!file) return null;
    const hashing = new Hashing(sink);
    hashing.begin({ total: file.size, version: null });
    const report = (received: number) => onProgress?.({ path, received, total: file.size });
    report(0);
    const chunks = file.stream().getReader();
    for (let received = 0; ; ) {
      const { done, value } = await chunks.read().catch((cause: Error) => {
        const why = `${name}/${path}: the browser cannot read it any more (${cause.message}); pick it again`;
        throw new FluoroscopeError('fetch-failed', why, { cause });
      });
      signal?.throwIfAborted();
      if (done) return hashing.digest();
      await hashing.write(value);
      report((received += value.length));
    }
  });
}

/**
 * @returns null where there is no such file.
 * @throws FluoroscopeError 'json-invalid' for anything but JSON, and for a key given twice in one object.
 */
export async function readJson(files: ModelFiles, path: string, options?: ReadOptions): Promise<unknown> {
  const bytes = await files.read(path, options);
  if (!bytes) return null;
  const where = `${files.name}/${path}`;
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    await files.forget?.(path);
    const impostor = describeImpostor(bytes);
    if (impostor) throw new FluoroscopeError('json-invalid', `${where} ${impostor}`);
    throw new FluoroscopeError('json-invalid', `${where} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}
