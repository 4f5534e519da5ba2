/** Files that a page has downloaded, kept in the browser's Cache Storage under their addresses. */
import type { ByteSink, FileStart } from './byte-sink';
import { Hashing, hex, unhex } from './sha256';

/** The last part counts up when the entries change their form: a file's bytes, then the 32 of their SHA-256. */
const NAME = 'fluoroscope-files/2';

const VERSION = 'x-fluoroscope-version';
const HASH_BYTES = 32;

/** How many bytes may wait to be kept, and for how long in ms, before the file is not kept at all. */
const WAITING = 2 ** 25;
const PATIENCE = 5000;

/** By their addresses, files that have come and are not kept yet. */
const beingKept = new Map<string, Promise<unknown>>();

export class FileCache {
  private constructor(private readonly cache: Cache) {}

  /**
   * @returns null where there is none: outside of a page, in one that is not secure (https or localhost), or where the
   * browser has none to give, as with some privacy settings and in sandboxed frames
   */
  static async open(): Promise<FileCache | null> {
    try {
      const { caches, document, isSecureContext } = globalThis; // a page of an opaque origin may not even ask for `caches`
      if (caches === undefined || document === undefined || !isSecureContext) return null;
      const outdated = (await caches.keys()).filter((name) => /^fluoroscope-files\//.test(name) && name !== NAME);
      await Promise.all(outdated.map((name) => caches.delete(name)));
      return new FileCache(await caches.open(NAME));
    } catch {
      return null; // It speeds a second visit up, and is needed for nothing.
    }
  }

  async find(url: URL): Promise<KeptFile | null> {
    const response = await this.cache.match(url.href).catch(() => undefined);
    const version = response?.headers.get(VERSION);
    if (!response || !version) return null;
    return new KeptFile(decodeURIComponent(version), response);
  }

  /** Keeps a file as it comes, in place of an older version of it. */
  keeping(url: URL): Keeping {
    return new Keeping(this.cache, url.href);
  }

  async drop(url: URL): Promise<void> {
    const kept = beingKept.get(url.href);
    if (kept) await Promise.race([kept, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    await this.cache.delete(url.href).catch(() => false);
  }
}

export class KeptFile {
  constructor(
    /** What told the server's versions of the file apart when this one came: a strong ETag or a date. */
    readonly version: string,
    private readonly response: Response,
  ) {}

  /**
   * @returns the bytes' SHA-256, in hexadecimal; null where they are not the bytes that were kept, and then what the sink has
   * got is void
   * @throws what the sink throws for the bytes that were kept; the signal's reason
   */
  async sendTo(
    sink: ByteSink,
    onBytes: (received: number, total: number | null) => void,
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    const whole = await this.response.blob().catch(() => new Blob());
    const total = whole.size - HASH_BYTES;
    if (total < 0) return null;
    const expected = await whole
      .slice(total)
      .arrayBuffer()
      .catch(() => null);
    if (!expected) return null;
    const careful = new Careful(sink);
    const hashing = new Hashing(careful);
    hashing.begin({ total, version: this.version });
    const reader = whole.slice(0, total).stream().getReader();
    for (let received = 0; received < total; ) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      signal?.throwIfAborted();
      if (!value) return null;
      await hashing.write(value);
      received += value.length;
      onBytes(received, total);
    }
    const hash = hashing.digest();
    if (hash !== hex(new Uint8Array(expected))) return null;
    careful.throwProblem();
    return hash;
  }
}

/** A damaged file may be no file at all to whom it is for. What they say about it counts once it is known to be whole. */
class Careful implements ByteSink {
  #problem: { readonly error: unknown } | undefined;

  constructor(private readonly sink: ByteSink) {}

  begin(file: FileStart): void {
    this.sink.begin(file);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#problem) return;
    try {
      await this.sink.write(bytes);
    } catch (error) {
      this.#problem = { error };
    }
  }

  throwProblem(): void {
    if (this.#problem) throw this.#problem.error;
  }
}

/**
 * Where the browser has no room, all other files make way, for the next visit if not for this one. Nothing of it is an
 * error: whoever downloads goes on.
 */
class Keeping implements ByteSink {
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #put: Promise<unknown> | undefined;

  constructor(
    private readonly cache: Cache,
    private readonly url: string,
  ) {}

  begin({ total, version }: FileStart): void {
    this.#stop();
    if (version === null) return;
    const size = ({ length }: Uint8Array) => length;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({}, { highWaterMark: WAITING, size });
    const writer = writable.getWriter();
    this.#writer = writer;
    const response = new Response(readable, { headers: { [VERSION]: encodeURIComponent(version) } });
    this.#put = this.#store(response, total).catch(() => {
      if (this.#writer === writer) this.#stop();
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    writer.write(bytes).catch(() => undefined);
    if (writer.desiredSize !== null && writer.desiredSize > 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, 'late');
    });
    const first = await Promise.race([writer.ready.catch(() => undefined), late]);
    clearTimeout(timer);
    if (first === 'late' && this.#writer === writer) this.#stop();
  }

  /** @param hash of all bytes, in hexadecimal; null where they are not to be kept after all */
  async end(hash: string | null): Promise<void> {
    const writer = this.#writer;
    if (hash === null || !writer) return this.#stop();
    writer.write(unhex(hash)).catch(() => undefined);
    writer.close().catch(() => undefined);
    beingKept.set(this.url, this.#put!);
    await this.#put;
    beingKept.delete(this.url);
  }

  #stop(): void {
    this.#writer?.abort().catch(() => undefined);
    this.#writer = undefined;
  }

  async #store(response: Response, total: number | null): Promise<void> {
    const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
    if (total !== null && total > quota - usage) await this.#clear();
    try {
      await this.cache.put(this.url, response);
    } catch (error) {
      if ((error as Error).name === 'QuotaExceededError') await this.#clear();
      throw error;
    }
  }

  async #clear(): Promise<void> {
    const kept = await this.cache.keys().catch(() => []);
    await Promise.all(kept.map((request) => this.cache.delete(request).catch(() => false)));
  }
}
