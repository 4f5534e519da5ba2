import type { Model } from '../../src/index';
import { PromptRunner, type RunnerEvents, type RunRequest } from './prompt-runner';
import { type LoadProgress, leaseModel, type ModelLease } from './shared-models';

export interface UseEvents extends RunnerEvents {
  onProgress(progress: LoadProgress): void;
  onLoaded(): void;
  /** The model could not be loaded. */
  onRefused(error: Error): void;
}

/** One element's use of one model, from asking for it to letting go of it. After `close` it reports nothing. */
export class ModelUse {
  model: Model | null = null;
  #runner: PromptRunner | null = null;
  #open = true;
  readonly #lease: ModelLease;

  constructor(src: string, device: GPUDevice | undefined, events: UseEvents) {
    this.#lease = leaseModel(src, device, (progress) => this.#open && events.onProgress(progress));
    this.#lease.model.then(
      (model) => {
        if (!this.#open) return;
        this.model = model;
        this.#runner = new PromptRunner(model, events, this.#lease.queue);
        events.onLoaded();
      },
      (error) => this.#open && events.onRefused(error),
    );
  }

  /** Runs a prompt with its edits, the newest one first; nothing while there is no model. */
  run(request: RunRequest): void {
    this.#runner?.run(request);
  }

  /** The model's device is gone, so nobody should get this model any more. */
  forget(): void {
    this.#lease.forget();
  }

  /**
   * Waits for the pass that is on its way, then gives the model back.
   *
   * @param dispose frees what was made with the model
   */
  async close(dispose: () => Promise<void>): Promise<void> {
    this.#open = false;
    this.model = null;
    await this.#runner?.close();
    await dispose();
    this.#lease.release();
  }
}
