/** One element's way from addresses to a trace: the recording first, the model once it is asked for, then every request. */
import { FluoroscopeError, type Trace } from '../../src/viewer';
import type { ModelState } from '../shared/run-context';
import { addressOf } from './address';
import { announceRecording, recordingsPainted } from './first-paint';
import { type LoadedModel, whenLoaded } from './loaded';
import { askSize, type ModelSize, recordedSize } from './model-size';
import type { ModelUse } from './model-use';
import { whenNear } from './near-viewport';
import { problemOf } from './problems';
import type { Passed } from './prompt-runner';
import { fetchRecording } from './recording';
import type { LoadProgress } from './shared-models';
import { Shown } from './shown';

/** When the weights are fetched: near the screen, at once, or when the reader asks for them. */
export type Loading = 'lazy' | 'eager' | 'click';

/** Whether a model runs in float64 on the CPU: where there is no WebGPU, never, always. */
export type ReferenceUse = 'auto' | 'off' | 'only';

export interface ModelSource {
  /** Of the model's directory. */
  readonly address: string;
  readonly device: GPUDevice | undefined;
  readonly reference: ReferenceUse;
  /** What a pass on the CPU may take, in weights times positions. */
  readonly referenceLimit: number;
}

export interface SessionSource extends Omit<ModelSource, 'address'> {
  readonly src: string | null;
  readonly recording: string | null;
  readonly loading: Loading;
  /** What has to come near the screen, for `lazy`. */
  readonly element: Element;
}

export interface SessionEvents {
  /** Something that is told of it has changed. */
  onChange(): void;
  onProgress(progress: LoadProgress): void;
  /** Another trace is in place; `before` is disposed after this call, unless it is still shown. */
  onShown(shown: Shown, before: Shown | null): void;
  onError(error: Error): void;
}

type Coming = 'none' | 'waiting' | 'coming' | 'here' | 'cancelled' | 'refused';

const FAILED: readonly Coming[] = ['cancelled', 'refused'];

export class Session {
  shown: Shown | null = null;
  progress: LoadProgress | null = null;
  /** Of the weights, before they are asked for; null: unknown; undefined: not told yet. */
  size: ModelSize | null | undefined = undefined;
  /** Why there is no model, or no pass. */
  error: Error | null = null;
  /** What is wrong with the text, and not with the model: the last good trace stays. */
  promptError: Error | null = null;
  /** Which edit does not fit, and why. */
  editError: (Error & { readonly edit: string }) | null = null;
  #recording: Coming = 'none';
  #model: Coming = 'none';
  #running = false;
  #asked: { readonly prompt: string | null; readonly edits: readonly string[] } = { prompt: null, edits: [] };
  #use: ModelUse | null = null;
  /** That have ended since the model was loaded: a device that is lost amid the first is not asked for again. */
  #passes = 0;
  /** Whether the pass is run a second time, because its values did not come back. */
  #again = false;
  /** Why there is no device for this model, once that is known. */
  #noDevice: Error | null = null;
  #closed = false;
  readonly #closing = new AbortController();
  #fetching = new AbortController();
  readonly #stops: (() => void)[] = [];

  constructor(
    readonly source: SessionSource,
    private readonly events: SessionEvents,
  ) {}

  /** Begins: with the recording, and with the model as soon as the source's `loading` allows. */
  open(): void {
    const { src, recording, loading, element } = this.source;
    if (recording) this.#open(recording);
    if (!src) return;
    this.#model = 'waiting';
    this.#stops.push(whenLoaded(fitting(this.source), () => this.#unasked()));
    const afterRecordings = () => void recordingsPainted().then(() => this.#unasked());
    if (loading === 'eager') afterRecordings();
    if (loading === 'lazy') this.#stops.push(whenNear(element, afterRecordings));
    if (loading === 'click') void this.#measure(src);
  }

  get state(): ModelState {
    if (this.#model === 'coming') return 'loading';
    if (this.#running) return 'running';
    if (this.error && !this.standsIn) return 'error';
    if (this.#model === 'here') return 'ready';
    if (this.#recording === 'coming') return 'loading';
    return this.shown ? 'recorded' : 'idle';
  }

  /** Whether there is no device for the model, and a recording is shown in its place: no failure of the page's. */
  get standsIn(): boolean {
    return this.error !== null && problemOf(this.error) === 'device' && this.shown?.trace.kind === 'recorded';
  }

  /** Why the model runs on the CPU. */
  get noDevice(): Error | null {
    return this.#use?.noDevice ?? null;
  }

  get model() {
    return this.#use?.model ?? null;
  }

  /** What is being fetched, or has last been asked for. */
  get what(): string {
    const { src, recording } = this.source;
    return (this.#model === 'waiting' && this.#recording === 'coming' ? recording : (src ?? recording)) ?? '';
  }

  /** Whether the reader can have the model by asking for it. */
  get offered(): boolean {
    return this.#model === 'waiting' || this.#model === 'cancelled';
  }

  get cancelled(): boolean {
    return this.#model === 'cancelled' || this.#recording === 'cancelled';
  }

  /** Fetches the model. Nothing happens where it is there or on its way, or was refused: `retry` is for that. */
  load(): void {
    const { src } = this.source;
    if (!src || this.#closed || !this.offered) return;
    this.#model = 'coming';
    this.error = this.progress = null;
    this.#passes = 0;
    this.#changed();
    void this.#begin(src);
  }

  /**
   * Runs a prompt as soon as there is a model, and once more when that is loaded again.
   *
   * @param prompt null: that of the trace which is shown
   */
  run(prompt: string | null, edits: readonly string[]): void {
    this.#asked = { prompt, edits };
    this.promptError = this.editError = null;
    this.#rerun();
  }

  /** Stops what is on its way. What is shown stays. */
  cancel(): void {
    if (this.state !== 'loading') return;
    if (this.#model === 'coming') {
      this.#letGo();
      this.#model = 'cancelled';
    }
    if (this.#recording === 'coming') {
      this.#fetching.abort();
      this.#recording = 'cancelled';
    }
    this.progress = null;
    this.#changed();
  }

  /** Does once more what has failed or was cancelled. */
  retry(): void {
    const { recording } = this.source;
    this.error = this.#noDevice = null;
    if (recording && FAILED.includes(this.#recording)) this.#open(recording);
    if (FAILED.includes(this.#model)) {
      this.#model = 'waiting';
      this.load();
    } else {
      this.#rerun();
    }
    this.#changed();
  }

  /** Whoever found that the device is gone asks for this: nobody should get this model any more. */
  reload(): void {
    this.#use?.forget();
    this.#drop();
    this.load(); // It tells that the trace is gone.
  }

  /** Lets go of everything once the pass that is on its way has ended; reports nothing from now on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort();
    this.#fetching.abort();
    for (const stop of this.#stops) stop();
    this.#drop();
  }

  #open(url: string): void {
    this.#fetching.abort();
    const { signal } = (this.#fetching = new AbortController());
    this.#recording = 'coming';
    announceRecording(this.#fetch(url, signal));
    this.#changed();
  }

  async #fetch(url: string, signal: AbortSignal): Promise<void> {
    try {
      const trace = await fetchRecording(url, signal);
      if (signal.aborted) return;
      this.#recording = 'here';
      if (this.shown) return trace.dispose(); // The model was faster.
      this.#show(new Shown({ trace, clean: null, cost: null, prompt: null, edits: [] }, null));
      this.#rerun(); // The model was waiting for its tokens, or it is not there yet.
    } catch (error) {
      if (signal.aborted) return;
      this.#recording = 'refused';
      if (this.#model === 'none' || this.#model === 'waiting') this.error = error as Error;
      this.#report(error as Error);
    }
    this.#changed();
  }

  async #measure(src: string): Promise<void> {
    const size = await askSize(src, this.#closing.signal);
    if (this.#closed) return;
    this.size = size;
    this.#changed();
  }

  async #begin(src: string): Promise<void> {
    const address = addressOf(src) ?? src; // What is no address is left to loadModel to refuse.
    const wanted = () => !this.#closed && this.#model === 'coming' && this.#use === null;
    try {
      const { ModelUse } = await import('./model-use');
      if (!wanted()) return;
      this.#use = new ModelUse({ ...this.source, address }, this.#noDevice, {
        onProgress: (progress) => {
          this.progress = progress;
          this.events.onProgress(progress);
          this.#changed();
        },
        onLoaded: () => {
          this.progress = null;
          this.#model = 'here';
          this.#changed();
          this.#rerun();
        },
        onRefused: (error) => this.#refuse(error),
        onPass: (passed) => this.#passed(passed),
        onFailure: (error) => this.#fail(error),
        onIdle: () => {
          if (!this.error) this.#passes++;
          this.#again = this.error !== null;
          this.#running = false;
          this.#changed();
        },
      });
    } catch (cause) {
      if (!wanted()) return;
      const what = `The code that runs models did not come: ${(cause as Error).message}.`;
      this.#refuse(new FluoroscopeError('fetch-failed', `${what} Check the connection.`, { cause }));
    }
  }

  #unasked(): void {
    if (this.#model === 'waiting') this.load();
  }

  #rerun(): void {
    const { edits } = this.#asked;
    const prompt = this.#asked.prompt ?? this.shown?.trace.tokens; // A recording comes without its text.
    if (prompt === undefined || this.#model !== 'here') return;
    this.error = null;
    this.#running = true;
    this.#use!.run({ prompt, edits });
    this.#changed();
  }

  #passed(passed: Passed): void {
    this.promptError = this.editError = this.error = null;
    this.#show(new Shown(passed, this.model));
  }

  #show(shown: Shown): void {
    const before = this.shown;
    this.shown = shown;
    this.events.onShown(shown, before);
    void before?.close(shown);
  }

  #refuse(error: Error): void {
    this.#letGo();
    this.#model = 'refused';
    this.progress = null;
    this.error = error;
    this.#report(error);
    this.#changed();
  }

  /** A pass has failed. */
  #fail(error: Error): void {
    const kind = problemOf(error);
    if (kind === 'readback' && !this.#again) {
      this.#again = true; // It may be the first that is heard of a lost device: another try tells.
      this.#rerun();
      return;
    }
    if (kind === 'prompt') this.promptError = error;
    else if (kind === 'edit') this.editError = error as Error & { edit: string };
    else if (kind !== 'device') this.error = error;
    if (kind === 'device') this.#lost(error);
    this.#report(error);
    this.#changed();
  }

  /** Another device is asked for, once; what was recorded stands in until it is there. */
  #lost(error: Error): void {
    const again = this.#passes > 0;
    this.#use?.forget();
    this.#drop();
    if (this.source.recording) this.#open(this.source.recording);
    if (!again && this.source.reference === 'auto') this.#noDevice = error; // So the CPU takes over.
    if (again || this.#noDevice) {
      this.load();
    } else {
      this.#model = 'refused';
      this.error = error;
    }
  }

  #letGo(): void {
    void this.#use?.close(async () => undefined);
    this.#use = null;
    this.#running = false;
  }

  /** Takes what is shown away, and the model that has run it. */
  #drop(): void {
    const [use, shown] = [this.#use, this.shown];
    this.#use = this.shown = this.progress = null;
    this.#running = false;
    if (this.#model !== 'none') this.#model = 'waiting';
    const dispose = async () => shown?.close(null);
    void (use ? use.close(dispose) : dispose());
  }

  #changed(): void {
    if (!this.#closed) this.events.onChange();
  }

  #report(error: Error): void {
    if (!this.#closed) this.events.onError(error);
  }
}

/** Which model in memory would do. */
function fitting({ src, device, reference }: SessionSource): (model: LoadedModel) => boolean {
  const address = addressOf(src ?? '');
  const onCpu = reference === 'only' || (reference === 'auto' && !device && !navigator.gpu);
  return (model) => {
    if (model.address !== address) return false;
    return onCpu ? model.kind === 'reference' : model.kind === 'live' && model.device === device;
  };
}

/** For the button: what the server says, else what a recording tells. */
export function sizeToFetch(session: Session): ModelSize | null | undefined {
  const trace: Trace | undefined = session.shown?.trace;
  return session.size ?? (session.size === null && trace?.kind === 'recorded' ? recordedSize(trace) : session.size);
}
