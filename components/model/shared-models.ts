/** One copy of a model, and one queue of passes, for all elements of a page that name it. */
import { loadModel, type Prompt } from '../../src/index';
import type { PageModel } from '../shared/run-context';
import { announceLoaded } from './loaded';
import { RunQueue } from './run-queue';

/** A model on a device, undefined being the page's shared one, or on the CPU. */
export type Wanted =
  | { readonly kind: 'live'; readonly address: string; readonly device: GPUDevice | undefined }
  | { readonly kind: 'reference'; readonly address: string; readonly device: undefined; readonly limit: number };

export interface LoadProgress {
  /** Bytes of all files so far. */
  readonly received: number;
  /** Bytes of all files that have been asked for; null before the weights are, and where the server does not say. */
  readonly total: number | null;
}

type OnProgress = (progress: LoadProgress) => void;

export interface ModelLease {
  readonly model: Promise<PageModel>;
  /** Shared with all others that have leased this model. */
  readonly queue: RunQueue;
  /** Says that this user is done. The last one to say so stops the download or frees the model's memory. */
  release(): void;
  /** Takes the model out of the register because its device is gone: who asks next gets a fresh one. */
  forget(): void;
}

class Entry {
  readonly model: Promise<PageModel>;
  readonly queue = new RunQueue();
  readonly users = new Set<OnProgress>();
  readonly abort = new AbortController();
  readonly #files = new Map<string, LoadProgress>();

  constructor(
    readonly wanted: Wanted,
    prompt?: Prompt,
  ) {
    const options = {
      signal: this.abort.signal,
      onProgress: ({ path, received, total }: LoadProgress & { readonly path: string }) => {
        this.#files.set(path, { received, total });
        for (const onProgress of this.users) onProgress(this.progress);
      },
    };
    const { kind, address, device } = wanted;
    this.model =
      kind === 'live'
        ? loadModel(address, { ...options, ...(device && { device }), ...(prompt && { prompt }) })
        : import('./reference').then(({ loadReferenceModel }) =>
            loadReferenceModel(address, { ...options, maxWeights: wanted.limit }),
          );
  }

  get progress(): LoadProgress {
    let received = 0;
    let total = 0;
    let weights = false;
    for (const [path, file] of this.#files) {
      received += file.received;
      total += file.total ?? Number.NaN;
      weights ||= path.endsWith('.safetensors');
    }
    return { received, total: weights && total ? total : null };
  }
}

const entries = new Set<Entry>();

/** @param prompt that will be run first, of whoever asks for the model first */
export function leaseModel(wanted: Wanted, onProgress: OnProgress, prompt?: Prompt): ModelLease {
  const { kind, address, device } = wanted;
  const same = (one: Wanted) => one.kind === kind && one.address === address && one.device === device;
  const leased = [...entries].find((entry) => same(entry.wanted)) ?? enter(wanted, prompt);
  leased.users.add(onProgress);
  return {
    model: leased.model,
    queue: leased.queue,
    release() {
      if (!leased.users.delete(onProgress) || leased.users.size > 0) return;
      leave(leased);
      leased.abort.abort();
      leased.model.then(
        (model) => model.dispose(),
        () => undefined, // Whoever waited for it has the error.
      );
    },
    forget: () => leave(leased),
  };
}

function enter(wanted: Wanted, prompt?: Prompt): Entry {
  const entry = new Entry(wanted, prompt);
  entries.add(entry);
  entry.model.then(
    () => entries.has(entry) && announceLoaded(wanted, true),
    () => entries.delete(entry), // A failure is not kept: the next one to ask tries again.
  );
  return entry;
}

function leave(entry: Entry): void {
  entries.delete(entry);
  announceLoaded(entry.wanted, false);
}
