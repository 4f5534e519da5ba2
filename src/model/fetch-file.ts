import { type Downloaded, download, versionOf } from './download';
import { FileCache, type KeptFile } from './file-cache';

/**
 * A file by its address: from what this browser has kept, if that is still what the server has, else from the server.
 *
 * The server is asked with a HEAD request, which the browser may answer itself where the server has told it to. An ETag or
 * a date other than the kept one's, or none, means another version, which is downloaded. A server that cannot be reached
 * or is out of order cannot contradict: then the kept file serves. What is kept counts only with the SHA-256 that it came
 * with; else it is dropped and downloaded again. A file without an ETag or a date is not kept.
 *
 * @param onBytes as in `download`
 * @param cache whether to use and keep what is kept
 * @returns null where there is no such file
 * @throws as `download`
 */
export async function fetchFile(
  url: URL,
  onBytes: (received: number, total: number | null) => void,
  { signal, cache }: { readonly signal: AbortSignal | undefined; readonly cache: boolean },
): Promise<Uint8Array<ArrayBuffer> | null> {
  const files = cache && /^https?:$/.test(url.protocol) ? await FileCache.open() : null;
  const kept = await files?.find(url);
  if (files && kept) {
    const bytes = (await isCurrent(url, kept, signal)) ? await kept.bytes() : null;
    signal?.throwIfAborted();
    if (bytes) {
      onBytes(bytes.length, bytes.length);
      return bytes;
    }
    await files.drop(url);
  }
  const file: Downloaded | null = await download(url, onBytes, signal);
  if (!file) return null;
  // Nobody waits for it: it changes nothing about this load.
  if (files && file.version !== null) void files.keep(url, file.bytes, file.version);
  return file.bytes;
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
