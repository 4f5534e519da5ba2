/** One element's way from addresses to a trace: the recording first, the model once it is asked for, then every request. */
import type { Prompt, Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import { announce, recordingsPainted } from '../shared/first-paint';
import { notCome } from '../shared/later';
import type { ModelState } from '../shared/run-context';
import type { LiveHalf } from './live-half';
import { fetchRecording } from './recording';
import type { LoadProgress } from './shared-models';
import { Shown } from './shown';
import { isWithoutDevice } from './without-device';

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
  /** What the recording is of, once it has come; its tokens are run where no text is given. */
  recorded: Pick<Trace, 'info' | 'tokens'> | null = null;
  progress: LoadProgress | null = null;
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
  #live: LiveHalf | null = null;
  /** Bytes of the weights, before they are asked for, as the server says; null: unknown; undefined: not told yet. */
  #size: number | null | undefined = undefined;
  #rules: typeof import('./unasked') | null = null;
  readonly #closing = new AbortController();
  #fetching = new AbortController();

  constructor(
    readonly source: SessionSource,
    private readonly events: SessionEvents,
  ) {}

  /** Begins: with the recording, and with the model as soon as the source's `loading` allows. */
  open(): void {
    const { src } = this.source;
    this.openRecording();
    if (!src) return;
    this.#model = 'waiting';
    void this.#wait(src);
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  get state(): ModelState {
    if (this.#model === 'coming') return 'loading';
    if (this.#running) return 'running';
    if (this.error && !this.standsIn) return 'error';
    if (this.#recording === 'coming' && (this.#model !== 'here' || this.prompt === undefined)) return 'loading';
    if (this.#model === 'here') return 'ready';
    return this.shown ? 'recorded' : 'idle';
  }

  /** Whether there is no device for the model, and a recording is shown in its place: no failure of the page's. */
  get standsIn(): boolean {
    return isWithoutDevice(this.error) && this.shown?.trace.kind === 'recorded';
  }

  /** Why the model runs on the CPU. */
  get noDevice(): Error | null {
    return this.#live?.noDevice ?? null;
  }

  get model() {
    return this.#live?.model ?? null;
  }

  /** What is being fetched, or has last been asked for. */
  get what(): string {
    const { src, recording } = this.source;
    return (this.#model === 'coming' || this.#model === 'cancelled' ? src : recording) ?? '';
  }

  /** Whether the reader can have the model by asking for it. */
  get offered(): boolean {
    return this.#model === 'waiting' || this.#model === 'cancelled';
  }

  get cancelled(): boolean {
    return this.#model === 'cancelled' || this.#recording === 'cancelled';
  }

  /** Of the weights, for the button; the server may not have answered yet. */
  get size(): string {
    if (this.#size === undefined) return '…';
    return this.#rules?.describeSize(this.#size, this.shown?.trace) ?? 'size unknown';
  }

  // What elements are handed is the same function as long as this lives, so that nobody draws anew for nothing.

  /** Fetches the model. Nothing happens where it is there or on its way, or was refused: `retry` is for that. */
  readonly load = (): void => {
    if (this.#closed || !this.offered) return;
    this.#model = 'coming';
    this.progress = null;
    this.#changed();
    void this.#begin(this.source.src!);
  };

  /** Whoever found that the device is gone asks for this: nobody should get this model any more. */
  readonly reload = (): void => {
    this.#live?.forget();
    this.drop();
    this.load(); // It tells that the trace is gone.
  };

  readonly endOfText = (): Promise<readonly number[]> => this.model!.endOfText();

  readonly tokenText = (id: number): string => this.model?.tokenizer?.token(id) ?? String(id);

  /**
   * Runs a prompt as soon as there is a model, and once more when that is loaded again.
   *
   * @param prompt null: the tokens of the recording, or of the trace that is shown where there is none
   */
  run(prompt: string | null, edits: readonly string[]): void {
    this.#asked = { prompt, edits };
    this.promptError = this.editError = null;
    this.rerun();
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
    this.error = null;
    this.#live?.forgive();
    if (FAILED.includes(this.#recording)) this.openRecording();
    if (FAILED.includes(this.#model)) {
      this.#model = 'waiting';
      this.load();
    } else {
      this.rerun();
    }
    this.#changed();
  }

  /** Lets go of everything once the pass that is on its way has ended; reports nothing from now on. */
  close(): void {
    if (this.#closed) return;
    this.#closing.abort();
    this.#fetching.abort();
    this.drop();
  }

  openRecording(): void {
    const { recording } = this.source;
    if (!recording) return;
    this.#fetching.abort();
    const { signal } = (this.#fetching = new AbortController());
    this.#recording = 'coming';
    this.progress = null;
    announce(this.#fetch(recording, signal));
    this.#changed();
  }

  async #fetch(url: string, signal: AbortSignal): Promise<void> {
    try {
      const trace = await fetchRecording(url, signal, (progress) => {
        if (this.#model !== 'coming' && !signal.aborted) this.progressed(progress);
      });
      if (signal.aborted) return;
      this.#recording = 'here';
      this.recorded = { info: trace.info, tokens: trace.tokens };
      if (this.shown) return trace.dispose(); // The model was faster.
      this.show(new Shown({ trace, clean: null, cost: null, prompt: null, edits: [] }, null));
      this.rerun(); // The model was waiting for its tokens, or it is not there yet.
    } catch (error) {
      if (signal.aborted) return;
      this.#recording = 'refused';
      if (this.#model !== 'here' || this.prompt === undefined) this.error ??= error as Error;
      return this.report(error as Error);
    }
    this.#changed();
  }

  async #wait(src: string): Promise<void> {
    const { loading, element } = this.source;
    const { signal } = this.#closing;
    const come = async () => {
      await recordingsPainted();
      this.#unasked();
    };
    if (loading === 'eager') return come();
    await recordingsPainted();
    const rules = await import('./unasked').catch(() => null);
    if (this.#closed) return;
    this.#rules = rules;
    rules?.whenFree(this.source, () => this.#unasked(), signal);
    if (loading === 'click') {
      this.#size = (await rules?.askSize(src, signal)) ?? null;
      return this.#changed();
    }
    if (rules) rules.whenNear(element, come, signal);
    else void come(); // What did not come is said of the code that runs models, which is asked for then.
  }

  async #begin(src: string): Promise<void> {
    const wanted = () => !this.#closed && this.#model === 'coming';
    try {
      const { LiveHalf } = await import('./live-half');
      if (!wanted()) return;
      this.#live ??= new LiveHalf(this);
      this.#live.begin(src);
    } catch (cause) {
      if (!wanted()) return;
      this.refuse(new FluoroscopeError('fetch-failed', notCome('The code that runs models', cause), { cause }));
    }
  }

  #unasked(): void {
    if (this.#model === 'waiting') this.load();
  }

  /** What is to run: what was asked for last, else the recording's tokens, which come without their text. */
  get prompt(): Prompt | undefined {
    return this.#asked.prompt ?? (this.recorded ?? this.shown?.trace)?.tokens;
  }

  /** Runs what was asked for last. */
  rerun(): void {
    const { edits } = this.#asked;
    const { prompt } = this;
    if (prompt === undefined || this.#model !== 'here') return;
    this.error = null;
    this.#running = true;
    this.#live!.run({ prompt, edits });
    this.#changed();
  }

  progressed(progress: LoadProgress): void {
    this.progress = progress;
    this.events.onProgress(progress);
    this.#changed();
  }

  loaded(): void {
    this.progress = null;
    this.#model = 'here';
    if (this.prompt !== undefined) this.error = null; // Else it is that of the recording, whose tokens were to be run.
    this.#changed();
    this.rerun();
  }

  /** No pass is on its way any more. */
  ended(): void {
    this.#running = false;
    this.#changed();
  }

  show(shown: Shown): void {
    const before = this.shown;
    this.shown = shown;
    this.events.onShown(shown, before);
    void before?.close(shown);
  }

  /** There is no model. */
  refuse(error: Error): void {
    this.#letGo();
    this.progress = null;
    this.giveUp(error);
    this.report(error);
  }

  giveUp(error: Error): void {
    this.#model = 'refused';
    this.error = error;
  }

  #letGo(): void {
    void this.#live?.close(async () => undefined);
    this.#running = false;
  }

  /** Takes what is shown away, and the model that has run it. */
  drop(): void {
    const { shown } = this;
    const dispose = async () => shown?.close(null);
    void (this.#live ? this.#live.close(dispose) : dispose());
    this.shown = this.progress = null;
    this.#running = false;
    if (this.#model !== 'none') this.#model = 'waiting';
  }

  #changed(): void {
    if (!this.#closed) this.events.onChange();
  }

  report(error: Error): void {
    if (this.#closed) return;
    this.events.onError(error);
    this.events.onChange();
  }
}
