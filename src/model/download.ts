/** One HTTP download that survives a broken connection. */
import { FluoroscopeError } from '../errors';
import { WEB_PAGE } from '../tensor/impostor';
import type { ByteSink } from './byte-sink';

const ATTEMPTS = 4; // without a new byte
const SILENCE = 30_000; // ms without a byte of a body that has begun
const PAUSE = 125; // ms before the next attempt, doubled after each that brought no new byte
const MISSING = [404, 410];

/** A connection that failed or broke, or an answer that cannot be gone on with: worth another attempt. */
class Interrupted extends Error {}

/** How far it has come. */
class Progress {
  received = 0;
  /** Bytes in all; null where unknown. */
  total: number | null = null;
  /** Whether `total` may be held against the server: not where the transfer may be compressed, and it counts that. */
  exact = false;
  /** A strong ETag or a date: a later answer that differs in it is another version of the file. */
  version: string | null = null;
  /** Whether it comes from another origin than the page's, which may hide headers from it. */
  crossOrigin = false;

  constructor(private readonly sink: ByteSink) {}

  /** A whole file begins. */
  begin({ headers }: Response): void {
    this.received = 0;
    const length = headers.get('content-length');
    const encoded = headers.has('content-encoding');
    this.total = length === null || encoded ? null : Number(length);
    this.exact = this.total !== null && !this.crossOrigin; // another origin may hide its Content-Encoding from the page
    this.version = versionOf(headers);
    this.sink.begin(this);
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const end = this.received + bytes.length;
    if (this.total !== null && end > this.total) {
      if (this.exact) throw new Interrupted(`more than the announced ${this.total} bytes came`);
      this.total = null;
    }
    await this.sink.write(bytes);
    this.received = end;
  }
}

/** What tells versions of a file apart: a strong ETag or a date; null where there is neither. */
export function versionOf(headers: Headers): string | null {
  const etag = headers.get('etag');
  return etag && !etag.startsWith('W/') ? etag : headers.get('last-modified'); // a weak ETag may span different bytes
}

/**
 * Fetches a file. Where the connection breaks, what has come is kept and the rest asked for (`Range`, and `If-Range`
 * so that a changed file comes whole); a server that ignores ranges sends it again from the beginning. After 4 attempts
 * in a row without a new byte it gives up. A server that falls silent amid a file counts as a broken connection; one
 * that has not answered yet does not, for a browser itself holds requests back while others use its connections.
 *
 * Redirects are followed, to other origins too, as files of large models lie on other hosts than the addresses that name
 * them: the browser holds each hop to CORS and the page's `connect-src`. From https: none may lead to http:.
 * @param sink gets the bytes as they come; an error of its own ends the download.
 * @param onBytes is told bytes received and in all (null: unknown) as they come.
 * @param silence how long it waits for the next byte, in ms.
 * @returns whether there is such a file: not for 404 and 410. Aborting rejects with the signal's reason.
 * @throws FluoroscopeError 'fetch-failed' for other statuses, for a web page in place of the file, for a redirect out of
 * https:, and on giving up; 'out-of-memory'.
 */
export async function download(
  url: URL,
  sink: ByteSink,
  onBytes: (received: number, total: number | null) => void,
  signal?: AbortSignal,
  silence = SILENCE,
): Promise<boolean> {
  const part = new Progress(sink);
  let furthest = 0;
  let failures = 0;
  for (;;) {
    try {
      return await attempt(url, part, onBytes, silence, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      failures = part.received > furthest ? 0 : failures + 1;
      furthest = Math.max(furthest, part.received);
      if (failures === ATTEMPTS) {
        const got = `got ${furthest} of ${part.total ?? 'an unknown number of'} bytes in ${ATTEMPTS} attempts in a row`;
        const cure = 'check the address, the connection and, from another origin, its CORS headers';
        throw new FluoroscopeError('fetch-failed', `${url}: ${error.message}; ${got}; ${cure}`, { cause: error });
      }
      await pause(PAUSE * 2 ** failures, signal);
    }
  }
}

async function attempt(
  url: URL,
  part: Progress,
  onBytes: (received: number, total: number | null) => void,
  silence: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const resuming = part.received > 0;
  // No */*: development servers take that for a person's request and answer a missing file with their start page.
  const headers = new Headers({ Accept: 'application/octet-stream, application/json' });
  if (resuming) {
    headers.set('Range', `bytes=${part.received}-`);
    // Across origins If-Range would need the server's leave (a CORS preflight); there `continues` alone compares.
    if (part.version && !part.crossOrigin) headers.set('If-Range', part.version);
  }
  const response = await interruptible(fetch(url, { headers, signal: signal ?? null }));
  const { status } = response;
  const end = response.redirected ? new URL(response.url) : url;
  const where = response.redirected ? `${url} leads to ${end}, which` : `${url}`;
  const refuse = async (why: string): Promise<never> => {
    await response.body?.cancel();
    throw new FluoroscopeError('fetch-failed', why);
  };
  if (url.protocol === 'https:' && end.protocol !== 'https:') {
    await refuse(`${where} anyone on the way could change: give an address that stays on https`);
  }
  part.crossOrigin = globalThis.location !== undefined && globalThis.location.origin !== end.origin;
  if (status === 200) {
    if (/^text\/html\b/.test(response.headers.get('content-type') ?? ''))
      await refuse(`${where} answers with ${WEB_PAGE}`);
    part.begin(response);
  } else if (!resuming || !continues(response, part)) {
    if (!resuming && MISSING.includes(status)) {
      await response.body?.cancel();
      return false;
    }
    const misfit = status === 206 || status === 416;
    if (!resuming || !(misfit || status === 429 || status >= 500)) {
      const text = `${status} ${response.statusText}`.trim();
      await refuse(
        response.redirected
          ? `${where} answers with status ${text}`
          : `${url}: the server answered with status ${text}`,
      );
    }
    await response.body?.cancel();
    if (misfit) part.received = 0;
    throw new Interrupted(`the server answered the request for the rest with status ${status}`);
  }
  onBytes(part.received, part.total);
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await interruptible(within(silence, reader.read()));
      if (done) break;
      await part.append(value);
      onBytes(part.received, part.total);
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // it may have failed already; the error that counts is on its way
    throw error;
  }
  if (part.exact && part.received !== part.total) throw new Interrupted('the connection closed early');
  if (part.total !== part.received) onBytes(part.received, part.received); // Now its length is known.
  return true;
}

/** Whether a response goes on exactly where `part` ends, in the same version of the file. Takes its total over. */
function continues({ status, headers }: Response, part: Progress): boolean {
  if (status !== 206 || headers.has('content-encoding') || versionOf(headers) !== part.version) return false;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  // Across origins Content-Range may be hidden; Content-Length is not.
  if (!range) return part.total !== null && Number(headers.get('content-length')) === part.total - part.received;
  const total = range[2] === '*' ? part.total : Number(range[2]);
  if (Number(range[1]) !== part.received || (part.total !== null && total !== part.total)) return false;
  part.total = total;
  part.exact = total !== null;
  return true;
}

async function interruptible<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    const { message, cause: deeper } = cause as Error;
    throw new Interrupted(deeper instanceof Error ? `${message} (${deeper.message})` : message, { cause });
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no byte came for ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const abort = () => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
  signal?.throwIfAborted();
}
