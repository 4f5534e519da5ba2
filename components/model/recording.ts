import { FluoroscopeError, readTrace, type Trace } from '../../src/viewer';
import type { LoadProgress } from './shared-models';

type OnProgress = (progress: LoadProgress) => void;

/**
 * Fetches a recorded trace.
 *
 * @param url relative to the page
 * @throws `usage`, `fetch-failed`, `safetensors-invalid`, `trace-invalid`; the signal's reason
 */
export async function fetchRecording(url: string, signal: AbortSignal, onProgress?: OnProgress): Promise<Trace> {
  if (!URL.canParse(url, document.baseURI)) {
    throw new FluoroscopeError('usage', `${url} is not an address; expected that of a trace file.`);
  }
  const address = new URL(url, document.baseURI);
  const response = await reached(url, fetch(address, { signal }), signal);
  const { body, headers } = response;
  if (!response.ok) {
    throw new FluoroscopeError('fetch-failed', `${url} answers ${response.status}; expected a trace file.`);
  }
  if (/^text\/html\b/.test(headers.get('content-type') ?? '')) {
    await body?.cancel();
    const where = response.redirected ? `${url} leads to ${response.url}, which is` : `${url} answers with`;
    throw new FluoroscopeError('fetch-failed', `${where} a web page; expected a trace file.`);
  }
  // A length that is of compressed bytes, as another origin may hide, is no total.
  const length = headers.has('content-encoding') ? 0 : Number(headers.get('content-length'));
  let received = 0;
  const followed = new TransformStream<Uint8Array<ArrayBuffer>>({
    transform(bytes, to) {
      received += bytes.length;
      onProgress?.({ received, total: received > length ? null : length });
      to.enqueue(bytes);
    },
  });
  const bytes = await reached(url, new Response(body?.pipeThrough(followed)).arrayBuffer(), signal);
  return readTrace(bytes, url);
}

async function reached<T>(url: string, answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    signal.throwIfAborted();
    const cure = 'Check the address, the connection and CORS headers';
    throw new FluoroscopeError('fetch-failed', `${url} did not come: ${(cause as Error).message}. ${cure}.`, { cause });
  }
}
