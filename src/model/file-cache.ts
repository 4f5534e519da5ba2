/** Files that a page has downloaded, kept in the browser's Cache Storage under their addresses. */
import { sha256 } from './sha256';

/** The last part counts up when the entries change their form. */
const NAME = 'fluoroscope-files/1';

const [VERSION, HASH] = ['x-fluoroscope-version', 'x-fluoroscope-sha256'];

export interface KeptFile {
  /** What told the server's versions of the file apart when this one came: a strong ETag or a date. */
  readonly version: string;
  /** @returns null where they are not the bytes that were kept: their SHA-256 tells */
  bytes(): Promise<Uint8Array<ArrayBuffer> | null>;
}

export class FileCache {
  private constructor(private readonly cache: Cache) {}

  /**
   * @returns null where there is none: outside of a page, in one that is not secure (https or localhost), or where the
   * browser has none to give, as with some privacy settings
   */
  static async open(): Promise<FileCache | null> {
    const { caches, document, isSecureContext } = globalThis;
    if (caches === undefined || document === undefined || !isSecureContext) return null;
    try {
      const outdated = (await caches.keys()).filter((name) => /^fluoroscope-files\//.test(name) && name !== NAME);
      await Promise.all(outdated.map((name) => caches.delete(name)));
      return new FileCache(await caches.open(NAME));
    } catch {
      return null; // It speeds a second visit up, and is needed for nothing.
    }
  }

  async find(url: URL): Promise<KeptFile | null> {
    const response = await this.cache.match(url.href).catch(() => undefined);
    const [version, hash] = [VERSION, HASH].map((name) => response?.headers.get(name));
    if (!response || !version || !hash) return null;
    return {
      version: decodeURIComponent(version),
      async bytes() {
        const bytes = new Uint8Array(await response.arrayBuffer().catch(() => new ArrayBuffer(0)));
        return (await sha256(bytes)) === hash ? bytes : null;
      },
    };
  }

  /**
   * Keeps a file in place of an older version of it. Where the browser has no room, all other files make way; where even
   * that is not enough, nothing is kept.
   */
  async keep(url: URL, bytes: Uint8Array<ArrayBuffer>, version: string): Promise<void> {
    const copy = new Blob([bytes]); // Before anything waits: whoever has the bytes may change them.
    const headers = { [VERSION]: encodeURIComponent(version), [HASH]: await sha256(bytes) };
    const put = () => this.cache.put(url.href, new Response(copy, { headers }));
    try {
      await put();
    } catch (error) {
      if ((error as Error).name !== 'QuotaExceededError') return;
      await this.#clear();
      await put().catch(() => undefined);
    }
  }

  async drop(url: URL): Promise<void> {
    await this.cache.delete(url.href).catch(() => false);
  }

  async #clear(): Promise<void> {
    const kept = await this.cache.keys().catch(() => []);
    await Promise.all(kept.map((request) => this.cache.delete(request).catch(() => false)));
  }
}
