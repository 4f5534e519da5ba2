import { css, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { ExplainedOperand, FluoroscopeError, Index, StepExplanation, Trace } from '../../src/index';
import { describeCancellation, largestFirst, layoutIn } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';
import { onGpu } from '../shared/on-gpu';
import type { Selection } from '../shared/selection';
import { formatValue } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { explainTable } from './explain-table';
import { endView, factsView, formulaView, numberStyles, verdictView } from './number-view';
import { addendList, FIRST, operandList, operandStyles } from './operands';
import { type ExplainData, type Place, parseIndex, readExplanation, selectedIndex } from './read-explanation';
import { trailStyles, trailView } from './trail';
import { exact, placeText } from './words';

/** What of a selection says which number. */
const POINTING = ['tensor', 'pos', 'query', 'key', 'head', 'neuron'] as const;

/**
 * How one number came about: where it lies, which invocation of which kernel stored it, the formula with its real
 * operands, how much of a sum cancels, and whether that arithmetic agrees with the buffer. Each operand leads to its own
 * explanation, down to weights and token ids. It takes the model, for its weights.
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
 * @csspart addends - The list of addends.
 * @csspart addend - One addend.
 * @csspart operands - The list of operands.
 * @csspart operand - The button that explains an operand.
 * @csspart more - The button that shows more of a list.
 * @csspart fewer - The button that shows the beginning of a list again.
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

  static override styles = [
    theme,
    trailStyles,
    numberStyles,
    operandStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .choice {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        margin-bottom: 0.75rem;
      }
      label {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
        max-width: 100%;
      }
      input {
        min-width: 0;
        font: 0.875rem / 1.5 var(--_mono);
      }
      .tensor {
        flex: 0 1 24rem;
      }
      .tensor input {
        flex: 1;
      }
      input[type='number'] {
        width: 5rem;
      }
      input[aria-invalid='true'] {
        border-color: var(--_danger);
      }
      [part='error'] {
        margin-bottom: 0.75rem;
      }
      [part='number'] {
        margin: 0;
        font-size: 0.9375rem;
        font-weight: 400;
        overflow-wrap: anywhere;
      }
      [part='number'] strong {
        display: block;
        font: 600 1.5rem / 1.3 var(--_mono);
      }
      .title {
        margin: 1rem 0 0.35rem;
        font-weight: 600;
      }
      [part='sum'] {
        margin-bottom: 0.5rem;
        font-size: 0.875rem;
      }
      .stale {
        opacity: 0.55;
        transition: opacity 150ms 150ms;
      }
    `,
  ];

  /** The tensor to begin with, until another is chosen here or elsewhere; else the selected one, else the logits. */
  tensor: string | null = null;
  /** `pos 3, head 1`, or the same as an object. Axes that it lacks follow the selection. */
  index: string | Index | null = null;
  /** From the start to what is shown, once the reader has gone on from the start. */
  private trail: readonly Place[] = [];
  private shownAddends = FIRST;
  private shownOperands = FIRST;
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
    this.#seen = selection;
    super.willUpdate(changed);
  }

  protected override updated(): void {
    if (!this.#focus || this.stale) return;
    this.#focus = false;
    this.renderRoot.querySelector<HTMLElement>('[part="number"]')?.focus();
  }

  protected override readKey(): string {
    const { place, problem } = this.#asked(this.source!);
    return JSON.stringify([place, problem]);
  }

  protected read(from: Trace, signal: AbortSignal): Promise<ExplainData> {
    const { place, problem } = this.#asked(from);
    this.shownAddends = this.shownOperands = FIRST;
    return this.ask(async (model, trace) => {
      const data = await readExplanation(onGpu(model, 'Explaining a number'), trace, place);
      return problem === null ? data : { ...data, explanation: null, problem };
    }, signal);
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
    const { explanation, problem } = data;
    return html`
      ${this.#choice(data)}
      <div role="status">${problem ? html`<p part="error" class="problem" id="problem">${problem}</p>` : nothing}</div>
      <div class=${this.stale ? 'stale' : ''}>
        ${trailView({
          places: this.trail,
          text: (place) => this.#place(data, place),
          onChoose: (step) => this.#follow(this.trail.slice(0, step + 1)),
        })}
        ${
          explanation
            ? html`
                <h3 part="number" tabindex="-1"><strong>${exact(explanation.value)}</strong>
                  <span class="name">${explanation.tensor}</span>
                  <span class="muted">${this.#place(data, explanation)}</span></h3>
                ${factsView(explanation)}
                ${explanation.kind === 'step' ? this.#step(data, explanation) : endView(explanation)}
              `
            : nothing
        }
      </div>
    `;
  }

  protected override table(data: ExplainData): FigureTable | null {
    const { explanation } = data;
    return explanation && explainTable(explanation, (place) => this.#place(data, place));
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get offersActions(): boolean {
    return this.drawn && this.data!.explanation !== null;
  }

  #choice({ asked, explanation, layout, names, problem }: ExplainData): TemplateResult {
    const { axes = [], shape = [] } = layout ?? {};
    const invalid = problem ? 'true' : 'false';
    const index = explanation?.index ?? asked.index;
    return html`<div class="choice" part="choice">
      <label class="tensor">Tensor
        <input part="tensor" list="names" spellcheck="false" autocapitalize="off" autocomplete="off"
          aria-invalid=${problem && !layout ? 'true' : 'false'} aria-describedby="problem"
          .value=${asked.tensor} @change=${({ target }: Event) => this.#chooseTensor((target as HTMLInputElement).value)} />
      </label>
      <datalist id="names">${names.map((name) => html`<option value=${name}></option>`)}</datalist>
      ${axes.map((axis, i) =>
        shape[i] === 1
          ? nothing
          : html`<label>${axis}
              <input part="index" type="number" min="0" max=${shape[i]! - 1} step="1"
                aria-invalid=${layout ? invalid : 'false'} aria-describedby="problem"
                .value=${String(index[axis] ?? '')}
                @change=${({ target }: Event) => this.#chooseIndex(asked.tensor, index, axis, target as HTMLInputElement)} />
            </label>`,
      )}
      <span class="muted" role="status">${this.stale ? 'working…' : ''}</span>
    </div>`;
  }

  #step(data: ExplainData, explanation: StepExplanation): TemplateResult {
    const { addends, operands } = explanation;
    const summed = new Set(addends?.flatMap((addend) => addend.operands));
    const others = largestFirst(operands.filter((operand) => !summed.has(operand)));
    const linked = {
      place: (operand: ExplainedOperand) => this.#place(data, operand),
      onExplain: (operand: ExplainedOperand) => this.#go(placeOf(explanation), placeOf(operand)),
    };
    const unusual = operands.filter(({ value }) => !Number.isFinite(value)).length;
    return html`
      ${formulaView(explanation)} ${verdictView(explanation)}
      ${unusual > 0 ? html`<p class="problem">${unusual} of its ${operands.length} operands ${unusual === 1 ? 'is' : 'are'} not finite.</p>` : nothing}
      ${
        addends
          ? html`
              <div class="title">${addends.length === 1 ? 'One addend' : `${addends.length} addends`}, the largest first</div>
              ${sumLine(explanation)}
              ${addendList(addends, { ...linked, shown: this.shownAddends, onMore: (shown) => (this.shownAddends = shown) })}
            `
          : nothing
      }
      ${
        others.length > 0
          ? html`
              <div class="title">${addends ? 'Further operands' : 'Operands'}</div>
              ${operandList(others, { ...linked, shown: this.shownOperands, onMore: (shown) => (this.shownOperands = shown) })}
            `
          : nothing
      }
    `;
  }

  #place({ trace }: ExplainData, place: Place): string {
    return placeText(trace, place, this.trace ? null : (this.run?.tokenText ?? null));
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

function sumLine({ magnitude, cancellation, computed }: StepExplanation): TemplateResult {
  return html`<p part="sum">Σ|addend| = <b>${formatValue(magnitude!)}</b>, the sum is <b>${formatValue(computed)}</b>:
    ${describeCancellation(cancellation!)}.</p>`;
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
