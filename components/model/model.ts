import { ContextProvider } from '@lit/context';
import { html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { recordingsPainted } from '../shared/first-paint';
import { convertedText } from '../shared/host-properties';
import { Later } from '../shared/later';
import {
  type EditEvent,
  type ModelState,
  type PageModel,
  type PassCost,
  pointingContext,
  type RunView,
  runContext,
} from '../shared/run-context';
import {
  allChosen,
  type BeginEvent,
  begin,
  type Chosen,
  choose,
  chosenWith,
  clampSelection,
  fitSelection,
  type Hover,
  type HoverEvent,
  nothingPointed,
  type SelectEvent,
  type Selection,
} from '../shared/selection';
import { theme } from '../shared/theme';
import { badgeStyles, badgeView } from './badge';
import { changeEdits } from './change-edits';
import type { Effects } from './effects';
import { LaterLink } from './later-link';
import { runView } from './run-view';
import { type Loading, type ReferenceUse, Session } from './session';
import type { LoadProgress } from './shared-models';
import type { Shown } from './shown';
import { reflectState } from './states';
import { statusStyles, statusView } from './status';

/** In weights times positions: a second or two. */
const REFERENCE_LIMIT = 200_000_000;

const LOADING: readonly Loading[] = ['lazy', 'eager', 'click'];

/** Events that an element has taken: those of an element inside another one are not the outer one's. */
const heard = new WeakSet<Event>();

/** What makes a session another one. */
const SOURCE = ['src', 'device', 'recording', 'loading', 'reference', 'referenceLimit'] as const;

/**
 * Loads a model, runs the prompt on it and gives the trace to the components inside it. All `<fluoro-model>`s of a page
 * share one GPU device, and one copy of each model.
 *
 * @slot - The components that show the trace, and anything else.
 * @event {StateEvent} fluoro-state - `state` has changed; the detail is the new one.
 * @event {ProgressEvent} fluoro-progress - Bytes of the recording or of the model have come: `{ received, total }`.
 * @event {TraceEvent} fluoro-trace - A new trace is in place: `{ trace, clean, cost }`. It is disposed after the next one.
 * @event {EditsEvent} fluoro-edits - The edits have changed; the detail is their list.
 * @event {FailureEvent} fluoro-error - The model could not be loaded or run, or the prompt or an edit could not; the
 *   detail is the error, with its `code`.
 * @csspart badge - Whose values are shown: *recorded*, *live* or *CPU reference*. It opens its explanation.
 * @csspart explanation - The badge's sentence.
 * @csspart other-prompt - That the recording is of another prompt than the page gives.
 * @csspart status - What is shown above the content before the model is asked for, while loading, after cancelling and
 *   after an error.
 * @csspart progress - The progress bar.
 * @csspart run - The button that asks for the model.
 * @csspart link - What has to be said of the link that the page was opened with.
 * @csspart edits - The bar of edits.
 * @csspart edit - One of them.
 * @csspart effect - What an edit has changed.
 * @csspart edit-error - Why an edit does not fit.
 * @csspart undo - The button that takes all edits back.
 * @cssproperty [--fluoro-accent=#00705a] - The progress bar, the badge of a live trace and the focus ring.
 * @cssproperty [--fluoro-danger=#a32a1c] - Errors.
 */
export class FluoroModel extends LitElement {
  static override properties: PropertyDeclarations = {
    src: {},
    prompt: {},
    recording: { attribute: 'trace' },
    loading: {},
    reference: {},
    referenceLimit: { type: Number, attribute: 'reference-limit' },
    permalink: {},
    edits: {
      converter: (text) => (text ?? '').split('\n').flatMap((line) => line.trim() || []),
      hasChanged: (now, before) => JSON.stringify(now) !== JSON.stringify(before),
    },
    device: { attribute: false },
    state: { reflect: true },
  };

  static override styles = [theme, badgeStyles, statusStyles];

  /** The model: a directory's URL, or a built-in name (modular-addition, induction, shakespeare). */
  src: string | null = null;
  /** The text to run; that of the recording unless given. */
  prompt: string | null = null;
  /** URL of a recorded trace, shown until a live one is there (attribute `trace`). */
  recording: string | null = null;
  /**
   * When the weights are fetched. `lazy`: when the element comes near the screen. `eager`: at once. `click`: when the
   * reader asks, by the button that states the size, by typing a prompt or by editing. Unless given, `click` where there
   * is a recording, else `lazy`. Recorded traces are on screen before any weights are fetched.
   */
  loading: Loading | null = null;
  /**
   * Whether the model runs in float64 on the CPU, in a worker: `auto` where there is no WebGPU, or the device is lost and
   * does not come back; `only`: always; `off`: never.
   */
  reference: ReferenceUse = 'auto';
  /**
   * What a pass on the CPU may take, in weights times positions, about how many products it sums. A model of more weights
   * is not fetched for it, and a longer prompt is refused.
   */
  referenceLimit = REFERENCE_LIMIT;
  /** The name under which model, prompt, selection and edits are kept behind the `#` of the page's address. */
  permalink: string | null = null;
  /** The device to run on; the page's shared one unless set. */
  device: GPUDevice | undefined = undefined;
  /** idle, recorded, loading, ready, running or error; also the custom state `:state(…)`. Read only. */
  state: ModelState = 'idle';
  #session: Session | null = null;
  #edits: readonly string[] = [];
  #chosen: Chosen = new Set();
  readonly #bar = new Later(this, () => import('./edits-bar'));
  readonly #about = new Later(this, async () => {
    await recordingsPainted();
    return import('./about');
  });
  #effects: Effects | null = null;
  readonly #link = new LaterLink(
    this,
    (selection) => {
      this.#chosen = allChosen;
      this.#point(selection, {});
    },
    () => this.#session === null && this.hasUpdated && this.#open(),
  );
  readonly #internals = this.attachInternals();
  readonly #run = new ContextProvider(this, { context: runContext, initialValue: this.#view() });
  readonly #pointing = new ContextProvider(this, { context: pointingContext, initialValue: nothingPointed });

  constructor() {
    super();
    this.requestUpdate('edits'); // As for the other properties: what is set before the first update is no change to tell of.
    this.#listen('fluoro-select', (change: SelectEvent['detail']) => this.select(change));
    this.#listen('fluoro-begin', (beginning: BeginEvent['detail']) => {
      const { selection, hover } = this.#pointing.value;
      const follow = () => this.#pointing.setValue({ selection: begin(selection, beginning, this.#chosen), hover });
      if (this.#link.now) this.#link.now.settle(follow);
      else follow();
    });
    this.#listen('fluoro-hover', (hover: HoverEvent['detail']) => {
      this.#pointing.setValue({ selection: this.#pointing.value.selection, hover });
    });
    this.#listen('fluoro-prompt', (prompt: string) => {
      this.#link.now?.leave();
      this.prompt = prompt;
      this.load();
    });
    this.#listen('fluoro-edit', (change: EditEvent['detail']) => {
      this.#link.now?.leave();
      this.edits = changeEdits(this.edits, change);
      this.load();
    });
  }

  #listen<Detail>(type: string, react: (detail: Detail) => void): void {
    this.addEventListener(type, (event) => {
      if (heard.has(event)) return;
      heard.add(event);
      react((event as CustomEvent<Detail>).detail);
    });
  }

  override requestUpdate(...given: Parameters<LitElement['requestUpdate']>): void {
    if (!convertedText(this, given[0])) super.requestUpdate(...given);
  }

  /**
   * What to change in the pass, one edit of the language of `--edit` a line in the attribute; null or undefined, as Vue
   * sets it, is the empty list.
   * @default []
   */
  get edits(): readonly string[] {
    return this.#edits;
  }

  set edits(edits: readonly string[] | null | undefined) {
    this.#edits = edits ?? [];
  }

  /**
   * The last good pass. It is disposed when the next one is in place, or when this element leaves the page. What is set
   * is a recording's URL, as with the attribute: so do Vue and React.
   */
  get trace(): Trace | null {
    return this.#session?.shown?.trace ?? null;
  }

  set trace(recording: string | null) {
    this.recording = recording;
  }

  /** The same prompt without the edits; null where there are none, and in a recording. It lives as long as `trace`. */
  get clean(): Trace | null {
    return this.#session?.shown?.clean ?? null;
  }

  /** The model once it has been loaded. It is shared: do not dispose it. */
  get model(): PageModel | null {
    return this.#session?.model ?? null;
  }

  /** What the last pass asked of the device; null for a recording. */
  get cost(): PassCost | null {
    return this.#session?.shown?.cost ?? null;
  }

  /** What the components inside point at. */
  get selection(): Selection {
    return this.#pointing.value.selection;
  }

  /** Merges a change into what the components inside point at. */
  select(change: Partial<Selection>): void {
    const { selection, hover } = this.#pointing.value;
    this.#pointing.setValue({ selection: choose(selection, change), hover });
    this.#chosen = new Set([...this.#chosen, ...chosenWith(change)]);
    if (!this.trace) return; // A link goes before what the page chooses as it begins.
    this.#link.now?.choose();
  }

  /** Fetches the model and runs the prompt, as when the reader asks for it. */
  load(): void {
    this.#session?.load();
  }

  /** Stops loading. `retry` begins again. */
  cancel(): void {
    this.#session?.cancel();
  }

  /** Does once more what failed or was cancelled. */
  retry(): void {
    this.#session?.retry();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.hasUpdated || this.#session) return; // It was only moved.
    this.#link.connect(this.permalink);
    this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queueMicrotask(() => {
      if (this.isConnected) return; // It was only moved.
      this.#link.connect(null);
      this.#close();
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('permalink') && this.isConnected) this.#link.connect(this.permalink);
    if (!this.hasUpdated || SOURCE.some((name) => changed.has(name))) this.#open();
    else if (changed.has('prompt') || changed.has('edits')) this.#session?.run(this.prompt, this.edits);
  }

  protected override updated(changed: PropertyValues): void {
    this.#publish();
    this.#link.now?.keep();
    if (changed.has('edits') && changed.get('edits') !== undefined) this.#tell('fluoro-edits', this.edits);
  }

  #open(): void {
    this.#close();
    const { src, recording, device, reference, referenceLimit, isConnected } = this;
    if (!isConnected || (!src && !recording) || this.#link.pending) return;
    const loading = LOADING.find((one) => one === this.loading) ?? (recording ? 'click' : 'lazy');
    const mine = <Args extends unknown[]>(react: (...args: Args) => void) => {
      return (...args: Args) => {
        if (this.#session === session) react(...args);
      };
    };
    const session = new Session(
      { src, recording, device, reference, referenceLimit, loading, element: this },
      {
        onChange: mine(() => this.#sync()),
        onProgress: mine((progress) => this.#tell('fluoro-progress', progress)),
        onShown: mine((shown, before) => this.#show(shown, before)),
        onError: mine((error) => this.#tell('fluoro-error', error)),
      },
    );
    this.#session = session;
    session.run(this.prompt, this.edits);
    session.open();
    this.#sync();
  }

  #close(): void {
    this.#session?.close();
    this.#session = null;
    this.#sync();
  }

  #show({ trace, clean, cost }: Shown, before: Shown | null): void {
    const { selection, hover } = this.#pointing.value;
    const linked = this.#link.now?.selection;
    const lengths = [before?.trace.program.pos ?? 0, trace.program.pos] as const;
    this.#point(linked ?? fitSelection(selection, ...lengths), lengths[0] === lengths[1] ? hover : {});
    this.#link.now?.begin();
    this.#sync();
    this.#tell('fluoro-trace', { trace, clean, cost });
  }

  /** Tells the components inside and the page how things stand. */
  #sync(): void {
    const state = this.#session?.state ?? 'idle';
    const before = this.state;
    this.state = state;
    this.requestUpdate();
    this.#publish();
    if (state === before) return;
    reflectState(this.#internals, before, state);
    this.#tell('fluoro-state', state);
  }

  #point(selection: Selection, hover: Hover): void {
    const { trace } = this;
    this.#pointing.setValue({ selection: trace ? clampSelection(selection, trace.program.pos) : selection, hover });
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #publish(): void {
    const [before, after] = [this.#run.value, this.#view()];
    const same = (Object.keys(after) as (keyof RunView)[]).every((key) => before[key] === after[key]);
    if (!same) this.#run.setValue(after);
  }

  #view(): RunView {
    return runView(this.#session, this.src ? this.prompt : undefined, this.edits);
  }

  protected override render(): TemplateResult {
    const session = this.#session;
    const shown = session?.shown ?? null;
    // Where there is a <fluoro-tokens>, it says next to the prompt what is wrong with it.
    const tellsPrompt = this.querySelector(':scope fluoro-tokens:not(:scope fluoro-model *)') !== null;
    const recording = shown?.trace.kind === 'recorded' ? shown.trace : null;
    const about = shown ? this.#about.module : null;
    const link = this.#link.now?.view ?? nothing;
    const bar = this.edits.length || recording?.edits.length ? this.#bar.module : null;
    if (bar) this.#effects ??= new bar.Effects(() => this.requestUpdate());
    return html`<div class="above">
        ${shown ? badgeView(shown.trace, about?.explain(shown.trace, session!.noDevice?.message ?? '')) : nothing}
        ${link === nothing ? about?.otherPrompt(shown!.trace, this.prompt, session!.offered) : nothing}
        <div role="status">${session ? statusView(session, tellsPrompt) : ''}</div>
        ${link}
        ${bar?.editsBar({
          edits: this.edits,
          recording,
          refused: session?.editError ?? null,
          effects: this.#effects!.sentences(shown),
          done: shown?.edits === this.edits || session?.state === 'running',
          onChange: (detail) => this.#tell('fluoro-edit', detail),
        })}
      </div>
      <slot></slot>`;
  }
}

export type StateEvent = CustomEvent<ModelState>;
export type ProgressEvent = CustomEvent<LoadProgress>;
export type TraceEvent = CustomEvent<{
  readonly trace: Trace;
  readonly clean: Trace | null;
  readonly cost: PassCost | null;
}>;
export type EditsEvent = CustomEvent<readonly string[]>;
export type FailureEvent = CustomEvent<Error>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-model': FluoroModel;
  }
  interface HTMLElementEventMap {
    'fluoro-state': StateEvent;
    'fluoro-progress': ProgressEvent;
    'fluoro-trace': TraceEvent;
    'fluoro-edits': EditsEvent;
    'fluoro-error': FailureEvent;
  }
}
