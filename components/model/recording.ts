import { FluoroscopeError, readTrace, type Trace } from '../../src/viewer';

/**
 * Fetches a recorded trace.
 *
 * @param url relative to the page
 * @throws `usage`, `fetch-failed`, `safetensors-invalid`, `trace-invalid`; the signal's reason
 */
export async function fetchRecording(url: string, signal: AbortSignal): Promise<Trace> {
  if (!URL.canParse(url, document.baseURI)) {
    throw new FluoroscopeError('usage', `${url} is not an address; expected that of a trace file.`);
  }
  const address = new URL(url, document.baseURI);
  const response = await reached(url, fetch(address, { signal }), signal);
  if (!response.ok) {
    throw new FluoroscopeError('fetch-failed', `${url} answers ${response.status}; expected a trace file.`);
  }
  if (/^text\/html\b/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    const where = response.redirected ? `${url} leads to ${response.url}, which is` : `${url} answers with`;
    throw new FluoroscopeError('fetch-failed', `${where} a web page; expected a trace file.`);
  }
  const bytes = await reached(url, response.arrayBuffer(), signal);
  return readTrace(bytes, url);
}

async function reached<T>(url: string, answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    signal.throwIfAborted();
    const cure = 'Check the address, the connection and, from another origin, its CORS headers';
    throw new FluoroscopeError('fetch-failed', `${url} did not come: ${(cause as Error).message}. ${cure}.`, { cause });
  }
}
