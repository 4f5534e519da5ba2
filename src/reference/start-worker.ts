import type { Answer } from './messages';
import script from './worker?worker&url';

/** How long a worker may take to come, in ms: where its script is held up, this thread does its work. */
const PATIENCE = 10_000;

/**
 * Starts the worker, by the first way that the page allows:
 * - its script as it lies beside ours: `worker-src 'self'`, and from our own origin only;
 * - a script of one line, made here, which imports it: `worker-src blob:`, and `script-src` with the script's origin, which
 *   a page that loads ours from there has.
 *
 * @returns null where there are no workers, or the page's rules or the network keep them off
 * @throws the signal's reason
 */
export async function startWorker(signal?: AbortSignal): Promise<Worker | null> {
  if (typeof Worker === 'undefined' || typeof document === 'undefined') return null;
  const url = new URL(script, document.baseURI);
  const ways = url.origin === location.origin ? [direct, throughBlob] : [throughBlob];
  for (const start of ways) {
    const worker = await listening(() => start(url), signal);
    if (worker) return worker;
  }
  return null;
}

const options = { type: 'module', name: 'fluoroscope' } as const;

const direct = (url: URL): Worker => new Worker(url, options);

function throughBlob(url: URL): Worker {
  // Not a static import, for which the policy of workers counts again, with the address: this one is a script's.
  const source = `import(${JSON.stringify(url.href)}).catch(() => postMessage({ ready: false }));`;
  const blob = new Blob([source], { type: 'text/javascript' });
  const address = URL.createObjectURL(blob);
  const worker = new Worker(address, options);
  const revoke = () => URL.revokeObjectURL(address);
  for (const event of ['message', 'error']) worker.addEventListener(event, revoke, { once: true });
  return worker;
}

/** The worker once its script has said that it listens; null, and no worker, where that does not happen. */
async function listening(start: () => Worker, signal?: AbortSignal): Promise<Worker | null> {
  signal?.throwIfAborted();
  let worker: Worker;
  try {
    worker = start();
  } catch {
    return null; // Some browsers throw where the page's rules forbid it, others send an error.
  }
  const over = new AbortController();
  const listens = await new Promise<boolean>((resolve) => {
    const once = { once: true, signal: over.signal };
    const timer = setTimeout(() => resolve(false), PATIENCE);
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    signal?.addEventListener('abort', () => resolve(false), once);
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<Answer>) => resolve('ready' in data && data.ready),
      once,
    );
    worker.addEventListener('error', () => resolve(false), once);
  });
  over.abort();
  if (listens && !signal?.aborted) return worker;
  worker.terminate();
  signal?.throwIfAborted();
  return null;
}
