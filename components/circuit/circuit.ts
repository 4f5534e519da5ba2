import { css, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { MetricChoice, Trace } from '../../src/index';
import type { CorruptedPrompt } from '../patching/two-prompts';
import type { FigureTable } from '../shared/figure-table';
import { addStyles } from '../shared/later-styles';
import { nextPaint } from '../shared/next-paint';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { type Circuit, type CircuitEdge, type CircuitRequest, circuitCheck, keyOf } from './circuit-answer';
import { edgeId } from './effects';
import type { CircuitProgress } from './find-circuit';
import { graphStyles } from './graph-view';
import { metricOf } from './metrics';
import { nodesOf } from './nodes';
import { resultStyles, resultView } from './result-view';

const THRESHOLD = 0.05; // nats, as the command line's
const NO_PROMPT: CorruptedPrompt = { ids: [], labels: [], error: null };

type Asking = typeof import('./asking');

/** What the trace holds: null until a circuit has been looked for. */
interface Held {
  readonly circuit: Circuit | null;
}

/**
 * The circuit that tells a prompt from a corrupted one: heads and MLPs as a graph, the embedding at the bottom and the
 * logits at the top, joined by the edges that the task needs. Each edge is measured by running the model: how much the KL
 * grows without it (ACDC with exact patching), and which way the metric goes when it alone carries the corrupted prompt's
 * information (path patching). Nothing runs until the button is pressed; a recording shows the circuit that it holds.
 *
 * @event {CircuitEvent} fluoro-circuit - A circuit was found; the detail is all that was measured.
 * @event {CorruptedEvent} fluoro-corrupted - The corrupted prompt was edited; the detail is the new text.
 * @event {SelectEvent} fluoro-select - A node was chosen: a head's `{ layer, head }`, an MLP's `{ neuronLayer }`.
 * @csspart form - All that can be set.
 * @csspart corrupted - The corrupted prompt's text area.
 * @csspart comparison - How it differs from the clean prompt.
 * @csspart pairs - The tokens of both, where they differ in length.
 * @csspart metric - The choice of what is measured.
 * @csspart answer - The field of the answer token.
 * @csspart wrong - The field of the wrong token.
 * @csspart threshold - The field of the threshold.
 * @csspart run - The button that begins the search.
 * @csspart progress - The progress bar.
 * @csspart cancel - The button that ends the search.
 * @csspart error - Why no circuit can be found.
 * @csspart summary - How much of the task the circuit keeps.
 * @csspart prompts - Both prompts.
 * @csspart notes - That the circuit is of earlier choices, or not of all edges.
 * @csspart least - The slider: the smallest effect that is shown.
 * @csspart shown - How many edges are shown.
 * @csspart legend - What the kinds of lines mean.
 * @csspart graph - The graph.
 * @csspart node - A head, an MLP, the embedding or the logits.
 * @csspart edge - The line of an edge.
 * @csspart edges - The list of the selected node's edges.
 * @csspart readout - The selected edge's numbers, and what was measured.
 * @csspart method - How all of it was measured, and how long that took.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - The button, what is selected, and the focus ring.
 * @cssproperty [--fluoro-surface=#ffffff] - The nodes.
 * @cssproperty [--fluoro-line=#dde0de] - Outlines of nodes without edges.
 */
export class FluoroCircuit extends TraceElement<Held> {
  static override properties: PropertyDeclarations = {
    corrupted: {},
    metric: {},
    answer: {},
    wrong: {},
    threshold: { type: Number },
    least: { type: Number },
    auto: { type: Boolean },
    progress: { state: true },
    result: { state: true },
    problem: { state: true },
    width: { state: true },
  };

  /** The prompt to tell the model's own prompt from: as many tokens long. */
  corrupted: string | null = null;
  /** What is measured: logit-difference, probability, loss or kl. */
  metric: MetricChoice['metric'] = 'logit-difference';
  /** The token that the prompt should end in; what its run finds likeliest unless given. */
  answer: string | null = null;
  /** The token that the corrupted prompt ends in; what its run finds likeliest unless given. */
  wrong: string | null = null;
  /** Nats: an edge is removed if without it the KL to the clean run grows by less. */
  threshold: number | null = THRESHOLD;
  /** Nats: the smallest effect of an edge that is shown; the threshold unless given. */
  least: number | null = null;
  /** Begins the search as soon as there is a model, without the button. */
  auto = false;
  private progress: CircuitProgress | null = null;
  private result: Circuit | null = null;
  /** Why the last search has found nothing. */
  private problem = '';
  private width = 560;
  #search: AbortController | null = null;
  /** What ended the search that the result is of. */
  #ending = '';
  readonly #below = this.later(() => nextPaint().then(() => import('./below')));
  #asking: Asking | null = null;
  #prompt = NO_PROMPT;
  /** A node that the shared selection cannot name, until another head is selected. */
  #node: { readonly id: string; readonly beside: string } | null = null;
  #edge: string | null = null;
  /** The trace that `auto` has searched. */
  #begun: Trace | null = null;
  readonly #sizes = new ResizeObserver(() => this.#measure());

  static override styles = [
    theme,
    graphStyles,
    resultStyles,
    css`
      :host {
        container-type: inline-size;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    this.#search?.abort();
    this.#begun = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { source } = this;
    if (changed.has('corrupted') || changed.has('run')) {
      this.#tokenize();
    }
    if (this.result && source && source.info.weightsHash !== this.result.weightsHash) this.result = null;
  }

  protected override updated(): void {
    const { source } = this;
    if (this.#runnable && !this.#asking) void this.#load();
    if (!this.auto || !source || !this.#runnable || this.#begun === source || this.data === null) return;
    this.#begun = source;
    if (!this.data.circuit) void this.find();
  }

  /** Looks for the circuit, as the button does. Resolves when there is one, or a sentence on why there is none. */
  async find(): Promise<void> {
    const asking = await this.#load();
    await this.updateComplete;
    if (this.#search) return;
    this.problem = asking.refusalOf(this.#prompt, this.source);
    if (this.problem) return;
    const { signal } = (this.#search = new AbortController());
    this.progress = { what: 'edges', done: 0, total: 0 };
    const [asked, corrupted] = [this.#asked, this.#prompt.ids];
    const { found, said } = await asking.search((...question) => this.ask(...question), {
      ...{ asked, corrupted, signal, key: keyOf(asked) },
      onProgress: (progress) => {
        if (!signal.aborted) this.progress = progress;
      },
    });
    if (!found) {
      if (this.isConnected) this.problem = said;
    } else if (this.isConnected && this.source?.info.weightsHash === found.weightsHash) {
      this.result = found;
      this.#ending = said;
      this.dispatchEvent(new CustomEvent('fluoro-circuit', { detail: found, bubbles: true, composed: true }));
    }
    const focused = this.shadowRoot!.activeElement?.part.contains('cancel');
    this.#search = this.progress = null;
    await this.updateComplete;
    if (focused) this.renderRoot.querySelector<HTMLElement>('[part="run"]')?.focus();
  }

  protected override readKey(): string {
    return this.#heldKey(this.source!) ?? '';
  }

  protected async read(trace: Trace, signal: AbortSignal): Promise<Held> {
    const key = this.#heldKey(trace);
    if (key === null) return { circuit: null };
    const check = circuitCheck(trace.program.pos, nodesOf(trace.program));
    return { circuit: await this.ask<Circuit>(() => Promise.reject(new Error(key)), signal, key, check) };
  }

  /** The key of the answer that the trace holds: the one that is asked for, or, where nothing is, a recording's first. */
  #heldKey({ answers, kind }: Trace): string | null {
    const key = keyOf(this.#asked);
    if (answers?.has(key)) return key;
    if (kind !== 'recorded' || this.corrupted !== null) return null;
    return [...(answers?.keys() ?? [])].find((one) => one.startsWith('circuit?')) ?? null;
  }

  get #asked(): CircuitRequest {
    const threshold = this.threshold ?? THRESHOLD;
    return {
      corrupted: this.corrupted ?? '',
      metric: metricOf(this.metric),
      answer: this.answer ?? '',
      wrong: this.wrong ?? '',
      threshold: threshold >= 0 && Number.isFinite(threshold) ? threshold : THRESHOLD,
    };
  }

  get #runnable(): boolean {
    return !this.trace && !!this.run?.ask;
  }

  protected override content(): TemplateResult {
    if (!this.isConnected) return html``;
    if (this.source && !this.#runnable && this.data && !this.#shown) {
      return this.notice(this.takesModel('Finding a circuit runs the model once per edge'));
    }
    return super.content();
  }

  protected override get drawn(): boolean {
    return super.drawn && this.#shown !== null;
  }

  protected draw(): TemplateResult {
    const { progress, source, problem } = this;
    const circuit = this.#shown;
    return html`
      ${
        this.#runnable && this.#asking
          ? this.#asking.formView({
              ...this.#asked,
              clean: source!.labels[0]!,
              prompt: this.#prompt,
              busy: progress !== null,
              onChange: (change) => this.#change(change),
              onSubmit: () => void this.find(),
            })
          : nothing
      }
      ${this.#asking?.statusView(progress, problem, () => this.#search?.abort())}
      ${
        circuit
          ? resultView({
              circuit,
              nodes: nodesOf(source!.program),
              width: this.width,
              least: this.least ?? circuit.asked.threshold,
              node: this.#selected(),
              edge: this.#edge,
              notes: this.#below.module?.notesOf(circuit, this.#noted(circuit)) ?? [],
              below: this.#below.module,
              onLeast: (least) => (this.least = least),
              onNode: (id) => this.#choose(id),
              onEdge: (edge) => this.#chooseEdge(edge),
            })
          : nothing
      }
    `;
  }

  /** The trace's own circuit, or else the last one that was found. */
  get #shown(): Circuit | null {
    return this.data?.circuit ?? this.result;
  }

  protected override table(): FigureTable | null {
    const circuit = this.#shown;
    return circuit && (this.#below.module?.circuitTable(circuit) ?? null);
  }

  #noted(circuit: Circuit) {
    const own = circuit === this.result;
    return { trace: this.source!, runnable: this.#runnable, own, asked: this.#asked, ending: this.#ending };
  }

  /** Loads what is needed to ask, once; its styles join those of the element. */
  async #load(): Promise<Asking> {
    const asking = await import('./asking');
    if (this.#asking) return asking;
    this.#asking = asking;
    addStyles(this, asking.askingStyles);
    this.#tokenize();
    this.requestUpdate();
    return asking;
  }

  #tokenize(): void {
    const { corrupted, run } = this;
    const ready = this.#asking && corrupted && run?.tokenizer;
    this.#prompt = ready ? this.#asking!.tokenize(corrupted, run.tokenizer) : NO_PROMPT;
  }

  #change(change: Partial<CircuitRequest>): void {
    Object.assign(this, change);
    this.problem = '';
    if (change.corrupted === undefined) return;
    const detail = change.corrupted;
    this.dispatchEvent(new CustomEvent('fluoro-corrupted', { detail, bubbles: true, composed: true }));
  }

  #selected(): string {
    const { layer, head } = this.selection;
    const shared = `${layer}.${head}`;
    if (this.#node?.beside === shared) return this.#node.id;
    return nodesOf(this.source!.program).some(({ id }) => id === shared) ? shared : 'embed';
  }

  #choose(id: string): void {
    const node = nodesOf(this.source!.program).find((one) => one.id === id);
    if (!node) return;
    const { kind, layer, head } = node;
    if (kind === 'head') this.select({ layer: layer!, head: head! });
    else if (kind === 'mlp') this.select({ neuronLayer: layer! });
    const { selection } = this;
    this.#node = { id, beside: `${selection.layer}.${selection.head}` };
    this.#edge = null;
    this.requestUpdate();
  }

  #chooseEdge(edge: CircuitEdge): void {
    this.#edge = edgeId(edge);
    this.requestUpdate();
  }

  #measure(): void {
    const inline = this.clientWidth;
    const room = inline >= 46 * 16 ? ((inline - 32) * 3) / 5 : inline;
    if (inline > 0) this.width = Math.floor(Math.max(240, Math.min(room, 640)));
  }
}

/** All that was measured of a circuit. */
export type CircuitEvent = CustomEvent<Circuit>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-circuit': FluoroCircuit;
  }
  interface HTMLElementEventMap {
    'fluoro-circuit': CircuitEvent;
  }
}
