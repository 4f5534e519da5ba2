import { ContextProvider } from '@lit/context';
import { html, LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Model, Trace } from '../../src/index';
import { FluoroscopeError, readTrace } from '../../src/viewer';
import { type ModelState, type PassCost, pointingContext, type RunView, runContext } from '../shared/run-context';
import {
  choose,
  fitSelection,
  type HoverEvent,
  nothingPointed,
  type SelectEvent,
  type Selection,
} from '../shared/selection';
import { theme } from '../shared/theme';
import { ModelUse } from './model-use';
import { Questions } from './questions';
import type { LoadProgress } from './shared-models';
import { statusStyles, statusView } from './status';

/** What is wrong with a text, not with the model: the last good trace stays. */
const PROMPT_CODES: readonly string[] = [
  'prompt-empty',
  'prompt-too-long',
  'prompt-ragged',
  'token-invalid',
  'no-tokenizer',
];

/**
 * Loads a model, runs the prompt on it and gives the trace to the components inside it. All `<fluoro-model>`s of a page
 * share one GPU device, and one copy of each model.
 *
 * @slot - The components that show the trace, and anything else.
 * @event {StateEvent} fluoro-state - `state` has changed; the detail is the new one.
 * @event {TraceEvent} fluoro-trace - A new trace is in place: `{ trace, cost }`. It is disposed after the next one.
 * @event {FailureEvent} fluoro-error - The model could not be loaded or run, or the prompt could not; the detail is the
 *   error, with its `code`.
 * @csspart status - What is shown above the content while loading, after cancelling and after an error.
 * @csspart progress - The progress bar.
 * @cssproperty [--fluoro-accent=#00705a] - The progress bar and the focus ring.
 * @cssproperty [--fluoro-danger=#a32a1c] - Errors.
 */
export class FluoroModel extends LitElement {
  static override properties: PropertyDeclarations = {
    src: {},
    prompt: {},
    recording: { attribute: 'trace' },
    device: { attribute: false },
    state: { reflect: true },
    progress: { state: true },
    error: { state: true },
    promptError: { state: true },
    cancelled: { state: true },
  };

  static override styles = [theme, statusStyles];

  /** The model: a directory's URL, or a built-in name (modular-addition, induction, shakespeare). */
  src: string | null = null;
  /** The text to run. */
  prompt: string | null = null;
  /** URL of a recorded trace, shown until a live one is there (attribute `trace`). */
  recording: string | null = null;
  /** The device to run on; the page's shared one unless set. */
  device: GPUDevice | undefined = undefined;
  /** idle, loading, ready, running or error. Read only. */
  state: ModelState = 'idle';
  private progress: LoadProgress | null = null;
  private error: Error | null = null;
  private promptError: Error | null = null;
  private cancelled = false;
  #use: ModelUse | null = null;
  /** The recording that is being fetched. */
  #fetching: AbortController | null = null;
  readonly #texts = new WeakMap<Model, (id: number) => string>();
  #trace: Trace | null = null;
  #questions: Questions | null = null;
  #tracePrompt: string | null = null;
  #cost: PassCost | null = null;
  readonly #run = new ContextProvider(this, { context: runContext, initialValue: this.#view() });
  readonly #pointing = new ContextProvider(this, { context: pointingContext, initialValue: nothingPointed });

  constructor() {
    super();
    this.addEventListener('fluoro-select', ({ detail }: SelectEvent) => this.select(detail));
    this.addEventListener('fluoro-hover', ({ detail }: HoverEvent) => {
      this.#pointing.setValue({ selection: this.#pointing.value.selection, hover: detail });
    });
    this.addEventListener('fluoro-prompt', ({ detail }) => {
      this.prompt = detail;
    });
  }

  /** Whoever found that the device is gone asks for this: nobody should get this model any more. */
  readonly #reload = (): void => {
    this.#use?.forget();
    this.retry();
  };

  /** The last good pass. It is disposed when the next one is in place, or when this element leaves the page. */
  get trace(): Trace | null {
    return this.#trace;
  }

  /** The model once it has been loaded. It is shared: do not dispose it. */
  get model(): Model | null {
    return this.#use?.model ?? null;
  }

  /** What the last pass asked of the device; null for a recording. */
  get cost(): PassCost | null {
    return this.#cost;
  }

  /** What the components inside point at. */
  get selection(): Selection {
    return this.#pointing.value.selection;
  }

  select(change: Partial<Selection>): void {
    const { selection, hover } = this.#pointing.value;
    this.#pointing.setValue({ selection: choose(selection, change), hover });
  }

  /** Stops loading. `retry` begins again. */
  cancel(): void {
    if (this.state !== 'loading') return;
    this.#close();
    this.cancelled = true;
    this.#setState('idle');
  }

  /** Loads the model once more, after an error or after `cancel`. */
  retry(): void {
    this.#close();
    this.#open();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated && !this.#use && !this.#trace) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queueMicrotask(() => {
      if (this.isConnected) return; // It was only moved.
      this.#close();
      this.#setState('idle');
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('src') || changed.has('device') || changed.has('recording')) this.retry();
    else if (changed.has('prompt')) this.#runPrompt();
  }

  protected override updated(): void {
    this.#publish();
  }

  #open(): void {
    this.error = this.promptError = this.progress = null;
    this.cancelled = false;
    const { src, recording, isConnected } = this;
    this.#setState((src || recording) && isConnected ? 'loading' : 'idle');
    if (!isConnected) return;
    if (recording) void this.#openRecording(recording);
    if (!src) return;
    this.#use = new ModelUse(src, this.device, {
      onProgress: (progress) => {
        this.progress = progress;
      },
      onLoaded: () => {
        this.progress = null;
        this.#setState('ready');
        this.#runPrompt();
      },
      onRefused: (error) => this.#fail(error),
      onTrace: (trace, prompt, cost) => this.#show(trace, prompt, cost),
      onFailure: (error) => this.#fail(error),
      onIdle: () => this.state === 'running' && this.#setState('ready'),
    });
  }

  #runPrompt(): void {
    if (this.prompt !== null && this.#use?.run(this.prompt)) this.#setState('running');
  }

  async #openRecording(url: string): Promise<void> {
    this.#fetching?.abort();
    const { signal } = (this.#fetching = new AbortController());
    const wanted = () => !signal.aborted && this.#trace?.kind !== 'live';
    try {
      const response = await fetch(new URL(url, document.baseURI), { signal });
      if (!response.ok) {
        throw new FluoroscopeError('fetch-failed', `${url} answers ${response.status}; expected a trace file.`);
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!wanted()) return;
      this.#show(readTrace(bytes, url), null, null);
      if (!this.src) this.#setState('ready');
    } catch (error) {
      if (!wanted()) return;
      if (this.src) this.#report(error as Error);
      else this.#fail(error as Error);
    }
  }

  /** Puts a trace in place of the last one, which nobody reads after that. */
  #show(trace: Trace, prompt: string | null, cost: PassCost | null): void {
    const [old, questions, model] = [this.#trace, this.#questions, this.model];
    this.#trace = trace;
    this.#questions = model && trace.kind === 'live' ? new Questions(model, trace) : null;
    this.#tracePrompt = prompt;
    this.#cost = cost;
    this.promptError = null;
    if (trace.kind === 'live') this.error = null; // A recording stands in for a model that could not be had.
    const { selection, hover } = this.#pointing.value;
    const lengths = [old?.program.pos ?? 0, trace.program.pos] as const;
    this.#pointing.setValue({
      selection: fitSelection(selection, ...lengths),
      hover: lengths[0] === lengths[1] ? hover : {},
    });
    this.#publish();
    void questions?.close();
    old?.dispose();
    this.dispatchEvent(new CustomEvent('fluoro-trace', { detail: { trace, cost }, bubbles: true, composed: true }));
  }

  #fail(error: Error): void {
    const code = error instanceof FluoroscopeError ? error.code : '';
    if (PROMPT_CODES.includes(code)) {
      this.promptError = error;
    } else {
      if (code === 'device-lost') this.#use?.forget();
      this.error = error;
      this.progress = null;
      this.#setState('error');
    }
    this.#report(error);
  }

  #report(error: Error): void {
    this.dispatchEvent(new CustomEvent('fluoro-error', { detail: error, bubbles: true, composed: true }));
  }

  /** Lets go of model and trace once the pass that is on its way has ended. */
  #close(): void {
    const [use, trace, questions] = [this.#use, this.#trace, this.#questions];
    this.#use = this.#trace = this.#questions = this.#tracePrompt = this.#cost = null;
    this.#fetching?.abort();
    this.#publish();
    const dispose = async () => {
      await questions?.close();
      trace?.dispose();
    };
    void (use ? use.close(dispose) : dispose());
  }

  #setState(state: ModelState): void {
    if (state === this.state) return;
    this.state = state;
    this.#publish();
    this.dispatchEvent(new CustomEvent('fluoro-state', { detail: state, bubbles: true, composed: true }));
  }

  #publish(): void {
    const [before, after] = [this.#run.value, this.#view()];
    const same = (Object.keys(after) as (keyof RunView)[]).every((key) => before[key] === after[key]);
    if (!same) this.#run.setValue(after);
  }

  #view(): RunView {
    const model = this.#use?.model;
    return {
      state: this.state,
      trace: this.#trace,
      cost: this.#cost,
      showing: this.#trace?.kind ?? null,
      edits: [],
      clean: null,
      tracePrompt: this.#tracePrompt,
      prompt: this.src ? (this.prompt ?? '') : null,
      promptError: this.promptError,
      error: this.error,
      contextLength: model?.config.n_ctx ?? null,
      tokenText: model?.tokenizer ? this.#tokenText(model) : null,
      tokenizer: model?.tokenizer ?? null,
      ask: this.#questions?.ask ?? null,
      reload: model ? this.#reload : null,
    };
  }

  #tokenText(model: Model): (id: number) => string {
    let text = this.#texts.get(model);
    if (!text) this.#texts.set(model, (text = (id) => model.tokenizer?.token(id) ?? String(id)));
    return text;
  }

  protected override render(): TemplateResult {
    const { state, src, recording, progress, error, cancelled } = this;
    const status = statusView({
      state,
      what: src ?? recording ?? '',
      progress,
      error,
      // Where there is a <fluoro-tokens>, it says so next to the prompt.
      promptError: this.querySelector('fluoro-tokens') ? null : this.promptError,
      cancelled,
      onCancel: () => this.cancel(),
      onRetry: () => this.retry(),
    });
    return html`<div role="status">${status}</div><slot></slot>`;
  }
}

export type StateEvent = CustomEvent<ModelState>;
export type TraceEvent = CustomEvent<{ readonly trace: Trace; readonly cost: PassCost | null }>;
export type FailureEvent = CustomEvent<Error>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-model': FluoroModel;
  }
  interface HTMLElementEventMap {
    'fluoro-state': StateEvent;
    'fluoro-trace': TraceEvent;
    'fluoro-error': FailureEvent;
  }
}
