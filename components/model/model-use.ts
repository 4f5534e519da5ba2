import type { Prompt } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { PageModel } from '../shared/run-context';
import { PromptRunner, type RunnerEvents, type RunRequest } from './prompt-runner';
import type { ModelSource } from './session';
import { type LoadProgress, leaseModel, type ModelLease, type Wanted } from './shared-models';
import { withinReach } from './within-reach';
import { isWithoutDevice } from './without-device';

export interface UseEvents extends RunnerEvents {
  onProgress(progress: LoadProgress): void;
  onLoaded(): void;
  /** The model could not be loaded. */
  onRefused(error: Error): void;
}

/**
 * One element's use of one model, from asking for it to letting go of it: on the GPU, or where there is none in float64
 * on the CPU, as the source allows. After `close` it reports nothing.
 */
export class ModelUse {
  model: PageModel | null = null;
  #runner: PromptRunner | null = null;
  #open = true;
  #lease: ModelLease;

  /** @param noDevice why there is no GPU for it, where that is known already */
  constructor(
    private readonly source: ModelSource & { readonly prompt: Prompt | undefined },
    public noDevice: Error | null,
    private readonly events: UseEvents,
  ) {
    const onCpu = source.reference === 'only' || noDevice !== null;
    this.#lease = this.#ask(onCpu ? 'reference' : 'live');
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

  #ask(kind: Wanted['kind']): ModelLease {
    const { address, device, referenceLimit, prompt } = this.source;
    const wanted: Wanted =
      kind === 'live' ? { kind, address, device } : { kind, address, device: undefined, limit: referenceLimit };
    const lease = leaseModel(wanted, (progress) => this.#open && this.events.onProgress(progress), prompt);
    lease.model.then(
      (model) => this.#open && this.#loaded(model),
      (error) => this.#open && this.#refused(error),
    );
    return lease;
  }

  #loaded(model: PageModel): void {
    this.model = model;
    const runnable = model.kind === 'reference' ? withinReach(model, this.source.referenceLimit) : model;
    this.#runner = new PromptRunner(runnable, this.events, this.#lease.queue);
    this.events.onLoaded();
  }

  #refused(error: Error): void {
    const { reference } = this.source;
    if (this.noDevice && error instanceof FluoroscopeError && error.code === 'limit-exceeded') {
      this.events.onRefused(new FluoroscopeError('no-webgpu', `${this.noDevice.message} ${error.message}`));
    } else if (isWithoutDevice(error) && reference === 'auto' && !this.noDevice) {
      this.noDevice = error;
      this.#lease.release();
      this.#lease = this.#ask('reference');
    } else {
      this.events.onRefused(error);
    }
  }
}
