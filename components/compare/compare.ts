import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { fetchRecording } from '../model/recording';
import type { FigureTable } from '../shared/figure-table';
import { nextPaint } from '../shared/next-paint';
import { within } from '../shared/selection';
import { visibleToken } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import type { AskFor } from './apart';
import { compareStyles } from './compare-styles';
import { formStyles, formView, pairingView, verdictView } from './form-view';
import { listStyles, listView, ORDERS, type Order, ordered, orderOf, orderWords } from './list-view';
import { type Align, alignOf, type PairKind } from './pair';
import { type Chosen, type Compared, type Overview, readCompared } from './read-compared';
import type { TensorMaps } from './tensor-maps';
import { tokenText } from './token-text';

/** Which traces are compared; of a prompt that is yet to run, its text. */
type Pair =
  | { readonly kind: 'traces'; readonly left: Trace; readonly right: Trace | { readonly url: string } }
  | { readonly kind: 'edits'; readonly left: Trace; readonly right: Trace }
  | { readonly kind: 'prompt'; readonly left: Trace; readonly right: string }
  /** The left one's recording answers for the other. */
  | { readonly kind: 'edits' | 'prompt'; readonly left: Trace; readonly right: null };

/**
 * Two passes beside one another: a prompt without and with the edits of the `<fluoro-model>` around, two prompts on one
 * model, or two traces. Any tensor as a map of both and of their difference, what either side expects next, and how far
 * every tensor differs, with the first step at which they part.
 *
 * @event {SelectEvent} fluoro-select - A tensor was chosen, `{ tensor }`, or a cell of the maps: `{ query, pos, key }`,
 *   or `{ pos, query, key: null }`, with `neuron` and `neuronLayer` where it is a neuron's; or a head, `{ head }`.
 * @event {BeginEvent} fluoro-begin - Where it begins, by its attribute: `{ tensor }`.
 * @event {HoverEvent} fluoro-hover - The pointer is over a position, or has left (`{}`).
 * @event {EditEvent} fluoro-edit - The selected head is to be silenced, to have something to compare: `{ add }`.
 * @csspart form - The field for another prompt.
 * @csspart prompt - The field itself.
 * @csspart compare - The button that compares with it.
 * @csspart edits - The button that goes back from another prompt to the edits.
 * @csspart begin - How to begin, where there is nothing to compare yet.
 * @csspart silence - The button that silences the selected head.
 * @csspart pairing - What of two prompts can be compared.
 * @csspart align - The choice of how prompts of different lengths are paired.
 * @csspart verdict - The first step at which they part.
 * @csspart list - The list of tensors.
 * @csspart tensor - One of them.
 * @csspart order - The choice of the list's order.
 * @csspart head - The choice of the head.
 * @csspart left - The map of the first side, with a canvas inside.
 * @csspart difference - The map of the difference, with a canvas inside.
 * @csspart right - The map of the second side, with a canvas inside.
 * @csspart maps-message - Said in place of the maps of a tensor that a recording does not hold.
 * @csspart readout - The selected cell in words.
 * @csspart next - What either side expects next.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Outlines of what is selected or pointed at, and the bars.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the maps use their dark colours.
 */
export class FluoroCompare extends TraceElement<Compared | null> {
  static override properties: PropertyDeclarations = {
    other: { attribute: false },
    otherTrace: { attribute: 'other-trace' },
    otherPrompt: { attribute: 'other-prompt' },
    tensor: {},
    align: {},
    order: {},
    written: { state: true },
  };

  /** The trace to compare with. */
  other: Trace | null = null;
  /** URL of a recorded trace to compare with. */
  otherTrace: string | null = null;
  /** Another prompt, which the model of the `<fluoro-model>` around runs without its edits. */
  otherPrompt: string | null = null;
  /** The tensor to begin with: until another is chosen, here or elsewhere in the `<fluoro-model>`. */
  tensor: string | null = null;
  /** How prompts of different lengths are paired: from the `start` or from the `end`. */
  align: Align | null = null;
  /** Order of the list: largest, relative or computation. */
  order: Order | null = null;
  /** What is written in the field; null: the prompt that is compared. */
  private written: string | null = null;
  #fetched: { readonly url: string; readonly trace: Trace } | null = null;
  #overview: { readonly key: string; readonly overview: Overview } | null = null;
  #tensor: TensorMaps | null = null;
  readonly #below = this.later(() => nextPaint().then(() => import('./below')));

  static override styles = [theme, compareStyles, formStyles, listStyles];

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('tensor') && this.tensor !== null) this.begin({ tensor: this.tensor });
    super.willUpdate(changed);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    void this.#below.module?.scrollTogether([...this.renderRoot.querySelectorAll('fluoro-heatmap')]);
  }

  get #pair(): Pair | null {
    const { source: left, other, otherTrace, otherPrompt, run } = this;
    if (!left) return null;
    if (other) return { kind: 'traces', left, right: other };
    if (otherTrace) return { kind: 'traces', left, right: { url: otherTrace } };
    if (left.kind === 'recorded' && (otherPrompt || left.edits.length > 0)) {
      return { kind: otherPrompt ? 'prompt' : 'edits', left, right: null };
    }
    if (this.trace || !run) return null;
    if (otherPrompt && run.ask) return { kind: 'prompt', left: run.clean ?? left, right: otherPrompt };
    return run.clean ? { kind: 'edits', left: run.clean, right: left } : null;
  }

  /** The head that is shown is chosen of what was read. */
  protected override readKey(): string {
    return JSON.stringify([this.#pairKey, this.selection.tensor]);
  }

  get #pairKey(): string {
    const pair = this.#pair;
    if (!pair) return '';
    const { kind, left, right } = pair;
    const other =
      typeof right === 'string' ? right : !right ? this.otherPrompt : 'url' in right ? right.url : numberOf(right);
    return JSON.stringify([kind, numberOf(left), other, alignOf(this.align)]);
  }

  protected async read(_: Trace, signal: AbortSignal): Promise<Compared | null> {
    const pair = this.#pair;
    if (!pair) return null;
    const key = this.#pairKey;
    const chosen: Chosen = {
      kind: pair.kind,
      align: alignOf(this.align),
      tensor: this.selection.tensor,
      overview: this.#overview?.key === key ? this.#overview.overview : null,
    };
    const data = await this.#compared(pair, chosen, signal);
    if (!signal.aborted) this.#overview = { key, overview: data };
    return data;
  }

  async #compared(pair: Pair, chosen: Chosen, signal: AbortSignal): Promise<Compared> {
    const { left, right } = pair;
    if (right && typeof right !== 'string') {
      return readCompared(left, 'url' in right ? await this.#fetch(right.url, signal) : right, chosen, signal);
    }
    const { compareApart } = await import('./apart');
    const { otherPrompt } = this;
    return compareApart({ ...pair, right, otherPrompt }, chosen, this.#askFor(signal), signal);
  }

  #askFor(signal: AbortSignal): AskFor {
    return (question, key, check) => this.ask(question, signal, key, check);
  }

  /**
   * Has the trace hold what is compared, so that a recording of it shows that without the other pass.
   *
   * @param tensors whose maps it holds beside those that are shown
   */
  async record(tensors: readonly string[] = []): Promise<void> {
    const pair = this.#pair;
    if (!pair || pair.kind === 'traces') return;
    const { recordApart } = await import('./apart');
    const { otherPrompt, selection, source, run } = this;
    const wanted = [selection.tensor, ...tensors];
    await recordApart(
      { ...pair, otherPrompt },
      source!,
      wanted,
      run?.tokenText ?? null,
      this.#askFor(new AbortController().signal),
    );
  }

  async #fetch(url: string, signal: AbortSignal): Promise<Trace> {
    if (this.#fetched?.url !== url) this.#fetched = { url, trace: await fetchRecording(url, signal) };
    return this.#fetched.trace;
  }

  protected override content(): TemplateResult {
    const pair = this.#pair;
    return html`${this.#form(pair?.kind ?? null)}${this.source && !pair ? this.#begin() : super.content()}`;
  }

  get #runnable(): boolean {
    return !this.trace && !this.other && !this.otherTrace && this.run?.prompt !== undefined;
  }

  #form(kind: PairKind | null): TemplateResult | typeof nothing {
    if (!this.#runnable) return nothing;
    const text = this.written ?? this.otherPrompt ?? '';
    return formView({
      text,
      asked: kind === 'prompt' ? this.otherPrompt : null,
      edited: this.run!.edits.length > 0,
      onText: (written) => (this.written = written),
      onCompare: () => (this.otherPrompt = (this.written ?? text) || null),
      onEdits: () => (this.otherPrompt = this.written = null),
    });
  }

  /** What to do to have something to compare. */
  #begin(): TemplateResult {
    const { run, selection } = this;
    const below = this.#below.module;
    if (!below) return html``;
    if (!this.#runnable) return this.notice(below.ALONE);
    if (run!.edits.length > 0) return this.notice(html`Waiting for the pass with the edits…${this.runButton()}`);
    return below.beginView(this.source!.program, selection, (edit) => this.#edit(edit)) ?? this.notice(below.ALONE);
  }

  #edit(edit: string): void {
    this.dispatchEvent(new CustomEvent('fluoro-edit', { detail: { add: [edit] }, bubbles: true, composed: true }));
  }

  protected draw(data: Compared | null): TemplateResult {
    const { shown, next, pairing, tensors, kind } = data!;
    const order = orderOf(this.order);
    const pos = this.#column(data!);
    const text = tokenText(data!.texts, this.trace ? null : (this.run?.tokenText ?? null));
    const below = this.#below.module;
    return html`
      <div class=${this.stale ? 'stale' : ''}>
        ${verdictView(data!)}
        ${pairingView(data!, (align) => (this.align = align))}
        <div class="columns">
          <section role="group" aria-label="Tensors">
            <label class="order">Tensors
              <select part="order" @change=${({ target }: Event) => (this.order = (target as HTMLSelectElement).value as Order)}>
                ${ORDERS.map((one) => html`<option value=${one} .selected=${one === order}>${orderWords[one]}</option>`)}
              </select>
            </label>
            ${listView({
              tensors: ordered(tensors, order),
              order,
              selected: this.#asked(data!) ?? shown?.tensor ?? null,
              onChoose: (tensor) => this.select({ tensor }),
            })}
          </section>
          <section role="group" aria-label="What is expected next">
            <div class="title">After <b>${visibleToken(pairing.left[pos]!)}</b> <span class="muted">(pos ${pos + pairing.first})</span></div>
            ${next ? below?.nextView({ kind, tokens: next[pos]!, text }) : html`<p class="muted">Both do not hold logits of the same tokens.</p>`}
          </section>
        </div>
        ${this.#maps(data!, text)}
      </div>
    `;
  }

  /** The room of the maps is kept until they come. */
  #maps(data: Compared, text: (id: number) => string): TemplateResult {
    const below = this.#below.module;
    if (!below) return html`<div class="room"></div>`;
    this.#tensor ??= new below.TensorMaps({
      select: (change) => this.select(change),
      point: (hover) => this.point(hover),
      requestUpdate: () => this.requestUpdate(),
    });
    const { selection, hover, source } = this;
    return this.#tensor.draw(data, {
      ...{ selection, hover, text, output: source?.program.output },
      lacks: (what) => this.takesModel(what),
    });
  }

  /** The tensor that is selected, which may be on its way yet; null where the list has none of that name. */
  #asked({ tensors }: Compared): string | null {
    const { tensor } = this.selection;
    const own = tensor === null ? null : (this.source?.program.aliases[tensor] ?? tensor);
    return tensors.find((one) => one.tensor === own)?.tensor ?? null;
  }

  #column({ pairing }: Compared): number {
    return within(this.selection.pos - pairing.first, pairing.count);
  }

  protected override table(data: Compared | null): FigureTable | null {
    return data && (this.#below.module?.compareTable(data, orderOf(this.order)) ?? null);
  }
}

/** Traces have no names: a number each, for as long as they live. */
const numbers = new WeakMap<Trace, number>();
let count = 0;

function numberOf(trace: Trace): number {
  return numbers.get(trace) ?? numbers.set(trace, ++count).get(trace)!;
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-compare': FluoroCompare;
  }
}
