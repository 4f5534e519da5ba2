/** One copy of a model, and one queue of passes, for all elements of a page that name it. */
import { loadModel, type Model } from '../../src/index';
import { addressOf } from './address';
import { announceLoaded } from './loaded';
import { RunQueue } from './run-queue';

export interface LoadProgress {
  /** Bytes of all files so far. */
  readonly received: number;
  /** Bytes of all files that have been asked for; null where the server does not say. */
  readonly total: number | null;
}

type OnProgress = (progress: LoadProgress) => void;

export interface ModelLease {
  readonly model: Promise<Model>;
  /** Shared with all others that have leased this model. */
  readonly queue: RunQueue;
  /** Says that this user is done. The last one to say so stops the download or frees the model's memory. */
  release(): void;
  /** Takes the model out of the register because its device is gone: who asks next gets a fresh one. */
  forget(): void;
}

class Entry {
  readonly model: Promise<Model>;
  readonly queue = new RunQueue();
  readonly users = new Set<OnProgress>();
  readonly abort = new AbortController();
  readonly #files = new Map<string, LoadProgress>();

  constructor(
    readonly address: string,
    readonly device: GPUDevice | undefined,
  ) {
    this.model = loadModel(address, {
      ...(device ? { device } : {}),
      signal: this.abort.signal,
      onProgress: ({ path, received, total }) => {
        this.#files.set(path, { received, total });
        for (const onProgress of this.users) onProgress(this.progress);
      },
    });
  }

  get progress(): LoadProgress {
    const files = [...this.#files.values()];
    const received = files.reduce((bytes, file) => bytes + file.received, 0);
    const known = files.every(({ total }) => total !== null);
    return { received, total: known ? files.reduce((bytes, file) => bytes + file.total!, 0) : null };
  }
}

const entries = new Set<Entry>();

/** @param src a directory's URL, relative to the page, or a built-in model's name */
export function leaseModel(src: string, device: GPUDevice | undefined, onProgress: OnProgress): ModelLease {
  const address = addressOf(src) ?? src; // What is no address is left to loadModel to refuse.
  const leased = [...entries].find((one) => one.address === address && one.device === device) ?? enter(address, device);
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

function enter(address: string, device: GPUDevice | undefined): Entry {
  const entry = new Entry(address, device);
  entries.add(entry);
  entry.model.then(
    () => entries.has(entry) && announceLoaded(entry, true),
    () => entries.delete(entry), // A failure is not kept: the next one to ask tries again.
  );
  return entry;
}

function leave(entry: Entry): void {
  entries.delete(entry);
  announceLoaded(entry, false);
}
