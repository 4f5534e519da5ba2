import { ContextConsumer } from '@lit/context';
import { html, LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { pointingContext, type RunView, runContext } from './run-context';
import { choose, fitSelection, type Hover, nothingPointed, type Pointing, type Selection } from './selection';

/**
 * A component that draws a trace: the one set as its property, or else that of the `<fluoro-model>` around it. It reads
 * what it draws when the trace or `readKey` changes, and keeps showing what it has until the new values have come.
 */
export abstract class TraceElement<Data> extends LitElement {
  static override properties: PropertyDeclarations = {
    trace: { attribute: false },
    data: { state: true },
    failure: { state: true },
    run: { state: true },
    pointing: { state: true },
  };

  /** The pass to draw; the one of the `<fluoro-model>` around it unless set. */
  trace: Trace | null = null;
  protected data: Data | null = null;
  protected failure: Error | null = null;
  /** null outside of a `<fluoro-model>`. */
  protected run: RunView | null = null;
  private pointing: Pointing | null = null;
  #shared = false;
  #readFrom: Trace | null = null;
  #readKey = '';
  #length = 0;

  constructor() {
    super();
    new ContextConsumer(this, { context: runContext, subscribe: true, callback: (run) => (this.run = run) });
    new ContextConsumer(this, {
      context: pointingContext,
      subscribe: true,
      callback: (pointing) => {
        this.#shared = true;
        this.pointing = pointing;
      },
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.run = null;
    this.#shared = false;
  }

  /** Reads all that is drawn, in one tick. */
  protected abstract read(trace: Trace): Promise<Data>;

  /** Changes when something else of the same trace has to be read. */
  protected readKey(): string {
    return '';
  }

  protected abstract draw(data: Data): TemplateResult;

  protected get source(): Trace | null {
    return this.trace ?? this.run?.trace ?? null;
  }

  protected get selection(): Selection {
    return this.pointing?.selection ?? nothingPointed.selection;
  }

  protected get hover(): Hover {
    return this.pointing?.hover ?? {};
  }

  protected select(change: Partial<Selection>): void {
    const { selection, hover } = this.pointing ?? nothingPointed;
    if (!this.#shared) this.pointing = { selection: choose(selection, change), hover };
    this.dispatchEvent(new CustomEvent('fluoro-select', { detail: change, bubbles: true, composed: true }));
  }

  protected point(hover: Hover): void {
    const { selection } = this.pointing ?? nothingPointed;
    if (!this.#shared) this.pointing = { selection, hover };
    this.dispatchEvent(new CustomEvent('fluoro-hover', { detail: hover, bubbles: true, composed: true }));
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const trace = this.source;
    if (trace && trace !== this.#readFrom && !this.#shared) this.#follow(trace.program.pos);
    const key = trace ? this.readKey() : '';
    if (trace === this.#readFrom && key === this.#readKey) return;
    this.#readFrom = trace;
    this.#readKey = key;
    this.failure = null;
    if (trace) void this.#read(trace, key);
    else this.data = null;
  }

  /** On its own, an element keeps its selection itself. */
  #follow(length: number): void {
    const { selection } = this.pointing ?? nothingPointed;
    this.pointing = { selection: fitSelection(selection, this.#length, length), hover: {} };
    this.#length = length;
  }

  async #read(trace: Trace, key: string): Promise<void> {
    const superseded = () => this.source !== trace || this.readKey() !== key;
    try {
      const data = await this.read(trace);
      if (!superseded()) this.data = data;
    } catch (error) {
      if (superseded()) return;
      this.data = null;
      this.failure = error as Error;
    }
  }

  protected override render(): TemplateResult {
    if (this.failure) return html`<p part="message" class="notice problem" role="alert">${this.failure.message}</p>`;
    if (this.data) return this.draw(this.data);
    return html`<p part="message" class="notice">${this.#waitingFor()}</p>`;
  }

  #waitingFor(): string {
    if (this.source) return 'Reading from the trace…';
    switch (this.run?.state) {
      case 'loading':
        return 'Waiting for the model…';
      case 'running':
        return 'Running the prompt…';
      case 'error':
        return 'Nothing to show: there is no model.';
      case 'ready':
        return 'Nothing to show: no prompt has run yet.';
      case 'idle':
        return 'Nothing to show: no model has been loaded.';
      default:
        return 'Nothing to show: put this element into a <fluoro-model>, or set its trace property.';
    }
  }
}
