import type { ByteSink, FileStart } from './byte-sink';
import { download, versionOf } from './download';
import { FileCache, type KeptFile } from './file-cache';
import { Hashing } from './sha256';

/**
 * A file by its address: from what this browser has kept, if that is still what the server has, else from the server.
 *
 * The server is asked with a HEAD request, which the browser may answer itself where the server has told it to. An ETag or
 * a date other than the kept one's, or none, means another version, which is downloaded. A server that cannot be reached
 * or is out of order cannot contradict: then the kept file serves. What is kept counts only with the SHA-256 that it came
 * with; else it is dropped and downloaded again, and the sink begins again. A file without an ETag or a date is not kept.
 *
 * @param onBytes as in `download`
 * @param cache whether to use and keep what is kept
 * @returns the SHA-256 of all that the sink has got, in hexadecimal; null where there is no such file
 * @throws as `download`
 */
export async function fetchFile(
  url: URL,
  sink: ByteSink,
  onBytes: (received: number, total: number | null) => void,
  { signal, cache }: { readonly signal: AbortSignal | undefined; readonly cache: boolean },
): Promise<string | null> {
  const files = cache && /^https?:$/.test(url.protocol) ? await FileCache.open() : null;
  const kept = await files?.find(url);
  if (files && kept) {
    const hash = (await isCurrent(url, kept, signal)) ? await kept.sendTo(sink, onBytes, signal) : null;
    signal?.throwIfAborted();
    if (hash !== null) return hash;
    await files.drop(url);
  }
  const keeping = files?.keeping(url);
  const hashing = new Hashing(keeping ? new Both(sink, keeping) : sink);
  let hash: string | null = null;
  try {
    if (await download(url, hashing, onBytes, signal)) hash = hashing.digest();
  } finally {
    void keeping?.end(hash); // Nobody waits for it: it changes nothing about this load.
  }
  return hash;
}

class Both implements ByteSink {
  constructor(
    private readonly first: ByteSink,
    private readonly second: ByteSink,
  ) {}

  begin(file: FileStart): void {
    this.first.begin(file);
    this.second.begin(file);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await Promise.all([this.first.write(bytes), this.second.write(bytes)]);
  }
}

async function isCurrent(url: URL, kept: KeptFile, signal: AbortSignal | undefined): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(url, { method: 'HEAD', signal: signal ?? null });
  } catch {
    signal?.throwIfAborted();
    return true;
  }
  return response.status >= 500 || (response.ok && versionOf(response.headers) === kept.version);
}
