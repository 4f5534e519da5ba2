/** One copy of a model for all elements of a page that name it. */
import type { loadModel, Model } from '../../src/index';
import { builtInModels, builtInUrl } from '../../src/viewer';

export interface LoadProgress {
  /** Bytes of all files so far. */
  readonly received: number;
  /** Bytes of all files that have been asked for; null where the server does not say. */
  readonly total: number | null;
}

type OnProgress = (progress: LoadProgress) => void;

export interface ModelLease {
  readonly model: Promise<Model>;
  /** Says that this user is done. The last one to say so stops the download or frees the model's memory. */
  release(): void;
  /** Takes the model out of the register because its device is gone: who asks next gets a fresh one. */
  forget(): void;
}

class Entry {
  readonly model: Promise<Model>;
  readonly users = new Set<OnProgress>();
  readonly abort = new AbortController();
  readonly #files = new Map<string, LoadProgress>();

  constructor(
    readonly address: string,
    readonly device: GPUDevice | undefined,
  ) {
    this.model = load(address, {
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

/** The runtime with its shaders is fetched when the first model is. */
async function load(...args: Parameters<typeof loadModel>): Promise<Model> {
  const { loadModel } = await import('./load');
  return loadModel(...args);
}

const entries = new Set<Entry>();

/** @param src a directory's URL, relative to the page, or a built-in model's name */
export function leaseModel(src: string, device: GPUDevice | undefined, onProgress: OnProgress): ModelLease {
  const address = addressOf(src);
  let entry = [...entries].find((one) => one.address === address && one.device === device);
  if (!entry) {
    const created = new Entry(address, device);
    entries.add(created);
    created.model.catch(() => entries.delete(created)); // A failure is not kept: the next one to ask tries again.
    entry = created;
  }
  const leased = entry;
  leased.users.add(onProgress);
  return {
    model: leased.model,
    release() {
      if (!leased.users.delete(onProgress) || leased.users.size > 0) return;
      entries.delete(leased);
      leased.abort.abort();
      leased.model.then(
        (model) => model.dispose(),
        () => undefined, // Whoever waited for it has the error.
      );
    },
    forget() {
      entries.delete(leased);
    },
  };
}

/** The directory's address, however it was given; what is no address is left to `loadModel` to refuse. */
function addressOf(src: string): string {
  const builtIn = builtInModels.find((name) => name === src);
  if (!builtIn && !URL.canParse(src, document.baseURI)) return src;
  const url = builtIn ? builtInUrl(builtIn) : new URL(src, document.baseURI);
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
