import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Index, Trace } from '../../src/index';
import { FluoroscopeError, layoutIn } from '../../src/viewer';
import { answerKey } from '../shared/answers';
import type { FigureTable } from '../shared/figure-table';
import { onGpu } from '../shared/on-gpu';
import type { Selection } from '../shared/selection';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { FIRST } from './first';
import { indexText, type Place, parseIndex, selectedIndex } from './place';
import type { ExplainData } from './read-explanation';

/** What of a selection says which number. */
const POINTING = ['tensor', 'pos', 'query', 'key', 'head', 'neuron'] as const;

/**
 * How one number came about: where it lies, which invocation of which kernel stored it, the formula with its real
 * operands, how much of a sum cancels, and whether that arithmetic agrees with the buffer. Each operand leads to its own
 * explanation, down to weights and token ids. It takes the model, for its weights; a recording holds what was asked before it
 * was made.
 *
 * @event {ExplainEvent} fluoro-explain - Another number was chosen here: `{ tensor, index }`.
 * @csspart choice - The choice of the tensor and of the index.
 * @csspart tensor - The input for the tensor.
 * @csspart index - The input for the index along one axis.
 * @csspart error - Why there is no such number.
 * @csspart trail - The way from the number one started with.
 * @csspart number - The number and its name.
 * @csspart facts - Where it lies and who stored it.
 * @csspart formula - The formula, in symbols and with numbers.
 * @csspart verdict - Whether the arithmetic agrees.
 * @csspart sum - How much of the sum cancels.
 * @csspart legend - What the columns of the addends are.
 * @csspart addends - The list of addends.
 * @csspart addend - One addend.
 * @csspart operands - The list of operands.
 * @csspart operand - The button that explains an operand.
 * @csspart more - The button that shows more of a list.
 * @csspart fewer - The button that shows the beginning of a list again.
 * @csspart back - The button that leads back from a number that a recording has no explanation of.
 * @csspart end - What is said of a weight or a token id, where the explanation ends.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - Links, the verdict and the focus ring.
 * @cssproperty [--fluoro-danger=#a32a1c] - Arithmetic that does not agree, and what is no number of the run.
 */
export class FluoroExplain extends TraceElement<ExplainData> {
  static override properties: PropertyDeclarations = {
    tensor: {},
    index: {},
    trail: { state: true },
    shownAddends: { state: true },
    shownOperands: { state: true },
  };

  static override styles = [theme];

  /** The tensor to begin with, until another is chosen here or elsewhere; else the selected one, else the logits. */
  tensor: string | null = null;
  /** `pos 3, head 1`, or the same as an object. Axes that it lacks follow the selection. */
  index: string | Index | null = null;
  /** From the start to what is shown, once the reader has gone on from the start. */
  private trail: readonly Place[] = [];
  private shownAddends = FIRST;
  private shownOperands = FIRST;
  /** What was explained last. */
  #last: (Place & { readonly trail: readonly Place[] }) | null = null;
  readonly #view = this.later(() => import('./explanation-view'), false);
  /** Whether the recording's explanation is drawn when that has come. */
  #waits = false;
  #seen: Selection | null = null;
  #shape = '';
  /** The button that was pressed goes away: the focus moves to the number that it led to. */
  #focus = false;

  protected override willUpdate(changed: PropertyValues): void {
    const { selection, source } = this;
    const shape = source ? `${source.program.batch}×${source.program.pos}` : '';
    if (shape !== this.#shape || changed.has('tensor') || changed.has('index')) this.trail = [];
    else if (this.#seen && POINTING.some((part) => selection[part] !== this.#seen![part])) {
      // What is chosen elsewhere is chosen here.
      if (selection.tensor !== this.#seen.tensor) this.tensor = null;
      this.index = null;
      this.trail = [];
    }
    this.#shape = shape;
    super.willUpdate(changed);
    this.#seen = this.selection; // Without a <fluoro-model> it has just been fitted to the pass.
  }

  protected override updated(): void {
    if (!this.#focus || this.stale || !this.drawn) return;
    this.#focus = false;
    this.renderRoot.querySelector<HTMLElement>('[part="number"]')?.focus();
  }

  protected override readKey(): string {
    const { place, problem } = this.#asked(this.source!);
    return JSON.stringify([place, problem, this.#waits && this.#view.isHere]);
  }

  protected async read(trace: Trace, signal: AbortSignal): Promise<ExplainData> {
    const { place, problem } = this.#asked(trace);
    const asked = { trace, asked: place, layout: layoutIn(trace.program, place.tensor) ?? null };
    this.shownAddends = this.shownOperands = FIRST;
    const key = answerKey('explain', { tensor: place.tensor, index: indexText(place.index) });
    const runnable = !this.trace && !!this.run?.ask;
    const recorded = !runnable && !!trace.answers?.has(key);
    this.#waits = recorded && !this.#view.isHere;
    if (this.#waits) return { ...asked, explanation: null, problem: null, names: [] };
    if (runnable) await this.#view.fetch();
    const view = runnable || recorded ? await import('./explanation-view') : null; // Without either, asking fails.
    const answer = await this.ask(
      async (model, trace) =>
        view!.toRecord(await view!.readExplanation(onGpu(model, 'Explaining a number'), trace, place)),
      signal,
      key,
      (value, at) => view!.recordCheck(value, at),
    );
    this.#last = { ...place, trail: this.trail };
    return { ...view!.fromRecord(answer), ...asked, ...(problem !== null && { explanation: null, problem }) };
  }

  /** What a recording does not hold leaves a way back to what it does. */
  protected override content(): TemplateResult {
    const last = this.failure instanceof FluoroscopeError && this.failure.code === 'no-model' ? this.#last : null;
    return html`${super.content()}${last ? html`<button part="back" @click=${() => this.#back(last)}>Back to the number before</button>` : nothing}`;
  }

  #back({ tensor, index, trail }: Place & { readonly trail: readonly Place[] }): void {
    Object.assign(this, { tensor, index, trail });
    this.#focus = true;
    this.#tell({ tensor, index });
  }

  /** The number to explain, or why the index cannot be understood. */
  #asked(trace: Trace): { place: Place; problem: string | null } {
    const place = this.trail.at(-1);
    if (place) return { place, problem: null };
    const tensor = this.tensor ?? this.selection.tensor ?? trace.program.output;
    const layout = layoutIn(trace.program, tensor);
    const selected = layout ? selectedIndex(layout, this.selection) : {};
    try {
      const given = typeof this.index === 'string' ? parseIndex(this.index) : (this.index ?? {});
      return { place: { tensor, index: { ...selected, ...given } }, problem: null };
    } catch (error) {
      return { place: { tensor, index: selected }, problem: (error as FluoroscopeError).message };
    }
  }

  protected draw(data: ExplainData): TemplateResult {
    const view = this.#view.module;
    if (!view) return html`<p class="muted" role="status">The explanation is on its way…</p>`;
    const { trail, stale, shownAddends, shownOperands } = this;
    return view.explanationView({
      ...{ data, trail, stale, shownAddends, shownOperands },
      place: (place) => this.#place(data, place),
      onTensor: (tensor) => this.#chooseTensor(tensor),
      onIndex: (...chosen) => this.#chooseIndex(...chosen),
      onFollow: (way) => this.#follow(way),
      onExplain: (from, to) => this.#go(placeOf(from), placeOf(to)),
      onAddends: (shown) => (this.shownAddends = shown),
      onOperands: (shown) => (this.shownOperands = shown),
    });
  }

  protected override table(data: ExplainData): FigureTable | null {
    const { explanation } = data;
    return explanation && this.#view.module!.explainTable(explanation, (place) => this.#place(data, place));
  }

  /** A recording holds the explanation that it begins with: they are long, and each leads to others. */
  get recordsBeginning(): boolean {
    return true;
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get offersActions(): boolean {
    return this.drawn && this.data!.explanation !== null;
  }

  #place({ trace, texts }: ExplainData, place: Place): string {
    const tokenText = this.trace ? null : this.run?.tokenText;
    return this.#view.module!.placeText(trace, place, tokenText ?? ((id) => texts?.[id]));
  }

  #go(from: Place, to: Place): void {
    this.#follow([...(this.trail.length > 0 ? this.trail : [from]), to]);
  }

  #follow(trail: readonly Place[]): void {
    this.trail = trail;
    this.#focus = true;
    this.#tell(trail.at(-1)!);
  }

  #chooseTensor(tensor: string): void {
    this.tensor = tensor || null;
    this.index = null;
    this.trail = [];
    this.#tell(this.#asked(this.source!).place);
  }

  #chooseIndex(tensor: string, index: Index, axis: string, { value }: HTMLInputElement): void {
    if (value === '') return;
    this.tensor = tensor;
    this.index = { ...index, [axis]: Number(value) };
    this.trail = [];
    this.#tell({ tensor, index: this.index });
  }

  #tell({ tensor, index }: Place): void {
    const detail = { tensor, index };
    this.dispatchEvent(new CustomEvent('fluoro-explain', { detail, bubbles: true, composed: true }));
  }
}

function placeOf({ tensor, index }: Place): Place {
  return { tensor, index };
}

export type ExplainEvent = CustomEvent<{ readonly tensor: string; readonly index: Index }>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-explain': FluoroExplain;
  }
  interface HTMLElementEventMap {
    'fluoro-explain': ExplainEvent;
  }
}
