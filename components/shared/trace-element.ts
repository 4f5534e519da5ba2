import { ContextConsumer } from '@lit/context';
import {
  type CSSResultGroup,
  type CSSResultOrNative,
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import type { Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { Check } from './answers';
import { FigureActions } from './figure-actions';
import { figureStyles } from './figure-styles';
import type { FigureTable } from './figure-table';
import { announce, recordingsPainted } from './first-paint';
import { convertedText } from './host-properties';
import { Later } from './later';
import { LiveRegion } from './live-region';
import { problemView } from './problem-view';
import { pointingContext, type Question, type RunView, runContext } from './run-context';
import type { SaveEvent } from './save/figure-file';
import {
  type Beginning,
  begin,
  choose,
  fitSelection,
  type Hover,
  nothingPointed,
  type Pointing,
  type Selection,
} from './selection';

/** Codes of what is no failure: there is no model, or the pass is stopped before the tensor. */
const NO_FAILURE: readonly string[] = ['no-model', 'not-yet-run'];

/**
 * A component that draws a trace: the one set as its property, or else that of the `<fluoro-model>` around it. It reads
 * what it draws when the trace or `readKey` changes, and keeps showing what it has until the new values have come.
 *
 * Around what a component draws it puts what all figures have: a caption, a table of the same values, a menu that opens
 * it and saves the figure, and a region that speaks. What is saved as a picture is marked `part="figure …"`.
 *
 * @slot caption - What the figure shows, in the author's words; stands below it.
 * @slot fallback - Shown in place of a message while there is nothing to draw.
 * @event {SaveEvent} fluoro-save - A file is about to be saved: `{ name, type, content }`; preventing its default leaves
 *   the file to the page.
 * @csspart caption - The caption.
 * @csspart retry - The button that has what failed read once more.
 * @csspart ask - The button that has the model come, where a recording lacks an answer.
 * @csspart actions - The button and the menu of what can be done with the figure.
 * @csspart actions-button - The button.
 * @csspart actions-menu - The menu.
 * @csspart data-table - The table of the figure's values, in a box of its own that scrolls.
 */
export abstract class TraceElement<Data> extends LitElement {
  static override properties: PropertyDeclarations = {
    trace: { attribute: false },
    data: { state: true },
    failure: { state: true },
    run: { state: true },
    pointing: { state: true },
    captioned: { state: true },
  };

  protected static override finalizeStyles(styles?: CSSResultGroup): CSSResultOrNative[] {
    return LitElement.finalizeStyles([figureStyles, styles ?? []]);
  }

  override requestUpdate(...given: Parameters<LitElement['requestUpdate']>): void {
    if (!convertedText(this, given[0])) super.requestUpdate(...given);
  }

  /** The pass to draw; the one of the `<fluoro-model>` around it unless set. */
  trace: Trace | null = null;
  protected data: Data | null = null;
  protected failure: (Error & { readonly code?: string }) | null = null;
  /** null outside of a `<fluoro-model>`. */
  protected run: RunView | null = null;
  private pointing: Pointing | null = null;
  private captioned = false;
  readonly #live = new LiveRegion(this);
  readonly #actions = new FigureActions(this, {
    ready: async () => this.tables?.fetch(),
    table: () => (this.drawn ? this.table(this.data as Data) : null),
    isTable: () => this.isTable,
    figures: () => this.figures(),
    trace: () => this.source,
    announce: (sentence) => this.announce(sentence),
  });
  #shared = false;
  /** undefined: whatever is there has to be read, or is no longer drawn. */
  #readFrom: Trace | null | undefined;
  #readKey = '';
  #reading = new AbortController();
  /** The reading that `data` came of. */
  #drawn: AbortSignal | null = null;
  #length = 0;
  #pending: Promise<void> = Promise.resolve();
  readonly #laters: { readonly coming: Promise<void> | null }[] = [];

  constructor() {
    super();
    new ContextConsumer(this, { context: runContext, subscribe: true, callback: (run) => (this.run = run) });
    new ContextConsumer(this, {
      context: pointingContext,
      subscribe: true,
      callback: (pointing) => {
        this.#shared = true;
        this.#follow(pointing);
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#reading.abort();
    this.#readFrom = undefined;
    this.run = null;
    this.#shared = false;
  }

  /** Reads all that is drawn, in one tick. The signal says that something else will be drawn. */
  protected abstract read(trace: Trace, signal: AbortSignal): Promise<Data>;

  /** Changes when something else of the same trace has to be read. */
  protected readKey(): string {
    return '';
  }

  protected abstract draw(data: Data): TemplateResult;

  /**
   * Names of the tensors that a recording must hold for this to show what it shows of the trace, as its attributes and
   * the selection are. What takes the model is among the recording's answers.
   */
  needs(_trace: Trace): readonly string[] {
    return [];
  }

  /** Resolves when what is asked for is drawn, or it is known why not. */
  async settled(): Promise<void> {
    const awaited = () => [this.#pending, ...this.#laters.map(({ coming }) => coming)];
    for (let before: unknown[] = []; this.isUpdatePending || awaited().some((one, i) => one !== before[i]); ) {
      before = awaited();
      await Promise.all(before);
      await this.updateComplete;
    }
  }

  /**
   * A part of the figure that is not needed for its first picture, or not by every reader.
   *
   * @param isOfTrace whether it draws the trace: if so it comes before any weights, else after the pictures of all recordings
   */
  protected later<Module extends object>(load: () => Promise<Module>, isOfTrace = true): Later<Module> {
    const later = new Later(this, () => {
      if (!isOfTrace) return recordingsPainted().then(load);
      const coming = load();
      announce(coming, true);
      return coming;
    });
    this.#laters.push(later);
    return later;
  }

  /** What makes the table, where that is a module of its own: it comes with the menu. */
  protected readonly tables: Later<object> | null = null;

  /** The figure's values as a table, for those who cannot see it and those who want the numbers; null: it has none. */
  protected table(_data: Data): FigureTable | null {
    return null;
  }

  /** What is saved as a picture: grids on a canvas, SVGs, or elements of text. */
  protected figures(): Element[] {
    return [...this.renderRoot.querySelectorAll('[part~="figure"]')];
  }

  /** Whether it draws what the pointer is over elsewhere; what does not is not drawn again. */
  protected get followsHover(): boolean {
    return true;
  }

  /** Whether a figure is there: it has a menu then. */
  protected get drawn(): boolean {
    return this.data !== null && this.failure === null;
  }

  /** Whether there is a menu. */
  protected get offersActions(): boolean {
    return this.drawn;
  }

  /** Whether what is drawn is that table already, so that none has to be opened. */
  protected get isTable(): boolean {
    return false;
  }

  /** Says something to those who listen, politely: what the keyboard has reached, say. */
  protected announce(sentence: string): void {
    this.#live.say(sentence);
  }

  protected get source(): Trace | null {
    const trace = this.trace || this.run?.trace;
    return trace?.program?.pos ? trace : null;
  }

  /** Whether newer values than those drawn are on their way. */
  protected get stale(): boolean {
    return this.data !== null && this.#drawn !== this.#reading.signal;
  }

  protected get selection(): Selection {
    return this.pointing?.selection ?? nothingPointed.selection;
  }

  protected get hover(): Hover {
    return this.pointing?.hover ?? {};
  }

  /**
   * Has a question answered by the model that ran the trace, or by a trace that holds its answer: a recording, or a live
   * one that was asked before.
   *
   * @param key names the question, with all that it depends on, among those that a recording answers; then the answer is
   *   plain JSON
   * @param check of an answer that a recording holds
   * @throws `no-model` for a recorded trace without this answer, `trace-invalid` for one that is none; as the question
   */
  protected async ask<Answer>(
    question: Question<Answer>,
    signal: AbortSignal,
    key = '',
    check: Check = () => null,
  ): Promise<Answer> {
    const answers = this.source?.answers;
    if (key !== '' && answers?.has(key)) {
      const recorded = answers.get(key);
      const wrong = check(recorded, 'it');
      if (wrong === null) return recorded as Answer;
      throw new FluoroscopeError('trace-invalid', `The recorded answer ${key} cannot be shown: ${wrong}.`);
    }
    if (this.trace || !this.run?.ask) {
      throw new FluoroscopeError(
        'no-model',
        'This is worked out with the model itself, and a recorded trace has none.',
      );
    }
    const answer = await this.run.ask(question, { signal });
    if (key !== '' && !signal.aborted) answers?.set(key, answer);
    return answer;
  }

  protected select(change: Partial<Selection>): void {
    this.#tell('fluoro-select', change, choose(this.selection, change));
  }

  /** Says where its attributes have it begin. Once it is there, another value of theirs is the page's choice. */
  protected begin(beginning: Beginning): void {
    if (this.hasUpdated) this.select(beginning);
    else this.#tell('fluoro-begin', beginning, begin(this.selection, beginning, new Set()));
  }

  protected point(hover: Hover): void {
    this.#tell('fluoro-hover', hover, this.selection, hover);
  }

  /** Tells the `<fluoro-model>` around; without one the element follows itself. */
  #tell(type: string, detail: unknown, selection: Selection, hover = this.hover): void {
    if (!this.#shared) this.#follow({ selection, hover });
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #follow(pointing: Pointing): void {
    if (this.followsHover || pointing.selection !== this.pointing?.selection) this.pointing = pointing;
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const trace = this.source;
    if (trace && trace !== this.#readFrom && !this.#shared) {
      const { pos } = trace.program; // On its own, an element keeps its selection itself.
      this.pointing = { selection: fitSelection(this.selection, this.#length, pos), hover: {} };
      this.#length = pos;
    }
    const key = trace ? this.readKey() : String(this.trace === null);
    if (trace === this.#readFrom && key === this.#readKey) return;
    this.#readFrom = trace;
    this.#readKey = key;
    this.failure = null;
    this.#reading.abort();
    this.#reading = new AbortController();
    if (!trace) {
      this.data = null;
      if (this.trace) {
        this.failure = new FluoroscopeError('usage', 'The trace that is set is none: readTrace gives one.');
      }
      return;
    }
    const { signal } = this.#reading;
    this.#pending = this.#read(trace, signal);
    if (trace.kind === 'recorded') announce(this.#picture(signal));
  }

  /** Settles when what is being read is drawn, or never will be. */
  async #picture(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#pending, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    if (this.isConnected) await this.updateComplete;
  }

  async #read(trace: Trace, signal: AbortSignal): Promise<void> {
    try {
      const data = await this.read(trace, signal);
      if (signal.aborted) return;
      this.#drawn = signal;
      this.data = data;
    } catch (error) {
      if (signal.aborted || (error as Error).name === 'AbortError') return; // The next prompt stopped it.
      this.data = null;
      this.failure = error as Error;
    }
  }

  protected override render(): TemplateResult {
    const content = this.content();
    return html`
      <figure class="frame">
        ${content}
        ${this.offersActions ? this.#actions.button() : nothing}
        <figcaption id="caption" part="caption" ?hidden=${!this.captioned}>
          <slot name="caption" @slotchange=${({ target }: Event) => {
            this.captioned = (target as HTMLSlotElement).assignedNodes().length > 0;
          }}></slot>
        </figcaption>
      </figure>
      ${this.offersActions ? this.#actions.below() : nothing}
      ${this.#live.render()}
    `;
  }

  /** Whether what there is no figure for is a failure, which is shown as one. */
  protected get failed(): boolean {
    return this.failure !== null && !NO_FAILURE.includes(this.failure.code ?? '');
  }

  /** What stands in the frame: the figure, or why there is none. */
  protected content(): TemplateResult {
    const { failure } = this;
    if (failure && !this.failed) {
      return this.notice(html`${failure.message}${failure.code === 'no-model' ? this.runButton() : nothing}`);
    }
    if (failure) {
      const again = () => {
        this.#readFrom = undefined;
        this.requestUpdate();
      };
      return html`<slot name="fallback"></slot>${problemView(failure, 'message', again)}`;
    }
    if (this.data) return this.draw(this.data);
    return this.notice(this.#waitingFor());
  }

  /** A message in place of the figure, or what the page's author has put there instead. */
  protected notice(message: string | TemplateResult): TemplateResult {
    return html`<slot name="fallback"><p part="message" class="notice">${message}</p></slot>`;
  }

  /** Says of a recording what takes the model, and how to have it. */
  protected takesModel(what: string): TemplateResult {
    const button = this.runButton();
    const how = button === nothing ? ': put this element into a <fluoro-model> with a src.' : '.';
    return html`${what}, and a recorded trace comes without its model${how}${button}`;
  }

  /** Where a recording has no answer, the model may be had, or it is said why not. */
  protected runButton(): TemplateResult | string | typeof nothing {
    const { run } = this;
    if (this.trace || run?.prompt === undefined) return nothing;
    if (run.load) return html` <button part="ask" @click=${run.load}>Run the model</button>`;
    return run.showing === 'recorded' ? ' The model has not run yet: its <fluoro-model> says why.' : nothing;
  }

  #waitingFor(): string {
    if (this.source) return 'Reading from the trace…';
    switch (this.run?.state) {
      case 'loading':
        return 'Waiting for the trace…';
      case 'running':
        return 'Running the prompt…';
      case 'error':
        return 'Nothing to show: above it says why.';
      case 'ready':
        return 'Nothing to show: no prompt has run yet.';
      case 'idle':
        return 'Nothing to show: no model has been loaded.';
      default:
        return 'Nothing to show: put this element into a <fluoro-model>, or set its trace property.';
    }
  }
}

declare global {
  interface HTMLElementEventMap {
    'fluoro-save': SaveEvent;
  }
}
