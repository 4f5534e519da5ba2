/** What it would take to fetch a model, before anything of its weights is fetched. */
import type { Trace } from '../../src/viewer';
import { formatBytes } from '../shared/text';
import { addressOf } from './address';

/**
 * Asks the server for the size of the weights' file (HEAD), or for the sum that the index of several files states.
 *
 * @returns bytes; null where it does not say
 */
export async function askSize(src: string, signal: AbortSignal): Promise<number | null> {
  const address = addressOf(src);
  if (address === null || !URL.canParse('.', address)) return null; // Nothing lies below javascript: and the like.
  const file = await answer(new URL('model.safetensors', address), { method: 'HEAD', signal });
  const bytes = Number(file ? file.headers.get('content-length') : await stated(address, signal));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

async function stated(address: string, signal: AbortSignal): Promise<unknown> {
  const response = await answer(new URL('model.safetensors.index.json', address), { signal });
  const index = await response?.json().catch(() => null);
  return (index as { metadata?: { total_size?: unknown } } | null)?.metadata?.total_size;
}

/** null where the file cannot be had: the size is then unknown, and whoever loads the model says why. */
async function answer(url: URL, init: RequestInit): Promise<Response | null> {
  const response = await fetch(url, init).catch(() => null);
  const page = /^text\/html\b/.test(response?.headers.get('content-type') ?? '');
  return response?.ok && !page ? response : null;
}

/** @param size in bytes, as the server says; where it does not, a recording that is shown tells */
export function describeSize(size: number | null, shown: Trace | undefined): string | undefined {
  if (size !== null) return formatBytes(size);
  return shown?.kind === 'recorded' ? `about ${formatBytes(recordedSize(shown))}` : undefined;
}

/** The weights that a recorded pass has read, as F32. */
function recordedSize({ program }: Trace): number {
  const weights = Object.values(program.tensors).filter(({ role, shares }) => role === 'weight' && !shares);
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return 4 * count;
}
