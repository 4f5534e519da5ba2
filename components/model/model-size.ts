/** What it would take to fetch a model, before anything of its weights is fetched. */
import type { Trace } from '../../src/viewer';
import { addressOf } from './address';

export interface ModelSize {
  readonly bytes: number;
  /** Whether the server has said so; otherwise it is counted from a recorded program. */
  readonly exact: boolean;
}

/**
 * Asks the server for the size of the weights' file (HEAD), or for the sum that the index of several files states.
 *
 * @returns null where it does not say
 */
export async function askSize(src: string, signal: AbortSignal): Promise<ModelSize | null> {
  const address = addressOf(src);
  if (address === null || !URL.canParse('.', address)) return null; // Nothing lies below javascript: and the like.
  const file = await answer(new URL('model.safetensors', address), { method: 'HEAD', signal });
  const bytes = Number(file ? file.headers.get('content-length') : await stated(address, signal));
  return Number.isSafeInteger(bytes) && bytes > 0 ? { bytes, exact: true } : null;
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

/** The weights that a recorded pass has read, as F32. */
export function recordedSize({ program }: Trace): ModelSize {
  const weights = Object.values(program.tensors).filter(({ role, shares }) => role === 'weight' && !shares);
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return { bytes: 4 * count, exact: false };
}
