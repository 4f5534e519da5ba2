import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Finding, Hypothesis, Recovery, Trace } from '../../src/index';
import { readRecovery } from '../../src/viewer';
import type { Cell } from '../shared/canvas-grid';
import type { FigureTable } from '../shared/figure-table';
import { nextPaint } from '../shared/next-paint';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { algorithmStyles } from './algorithm-styles';
import { type Sums, shownFinding, sumsOf, wavesOf } from './card';
import type { Wave } from './neuron-wave';
import { type Chosen, firstPlaces, programStyles, programView } from './program-view';
import { RemoteFile } from './remote-file';
import { tableStyles } from './tables';
import { verdictStyles, verdictView } from './verdict';
import { headline, headlineStyles } from './verdict-view';

/**
 * Which algorithm the model runs: a recovery card with its verdict, the program, where each variable of it lives, and
 * the tests that the claim had to pass. The card is a recorded one, or that of a test which runs here at the press of a
 * button, on the model of the `<fluoro-model>` around it.
 *
 * @event {RecoveryEvent} fluoro-recovery - A test that ran here has ended; the detail is its card.
 * @event {SelectEvent} fluoro-select - A variable, head or neuron of the card was chosen: `{ layer, head }`,
 *   `{ neuronLayer, neuron }`, or both, with `{ pos, query, key: null }` where it lives at one position.
 * @csspart run - The button that tests the hypotheses here.
 * @csspart progress - The progress bar.
 * @csspart cancel - The button that ends the test.
 * @csspart headline - The verdict, what is unexplained, the cost.
 * @csspart verdict - recovered, rejected or unknown.
 * @csspart origin - `recorded` or `live`.
 * @csspart note - That the card is of other weights than the model here.
 * @csspart error - Why there is no card, or why the test could not be run.
 * @csspart retry - The button that asks for the card again.
 * @csspart program - The program's text.
 * @csspart variables - The list of its variables.
 * @csspart variable - The button of one variable.
 * @csspart places - Where the chosen variable lives.
 * @csspart parts - The heads that were recognized.
 * @csspart spectrum - One bar chart of a spectrum.
 * @csspart frequencies - The box of the table of frequencies.
 * @csspart harmonics - What the second harmonics in the embedding do.
 * @csspart variant - Which way of adding by rotations it is.
 * @csspart wave - What one neuron does over all pairs of operands.
 * @csspart group - The choice of the variable whose neurons are listed.
 * @csspart neuron - The choice of the neuron.
 * @csspart map - The neuron's map, with a canvas inside.
 * @csspart readout - The selected pair in words.
 * @csspart wave-message - What stands in place of the map.
 * @csspart tests - The box of the table of tests.
 * @csspart hypotheses - All hypotheses that were tried.
 * @csspart message - What is shown while there is no card and no model.
 * @cssproperty [--fluoro-accent=#00705a] - Key frequencies, links, and outlines of what is selected.
 * @cssproperty [--fluoro-danger=#a32a1c] - What was rejected or has failed.
 * @cssproperty [--fluoro-text=#1b2024] - Text. A light one makes the map use its dark colours.
 */
export class FluoroAlgorithm extends TraceElement<Wave | null> {
  static override properties: PropertyDeclarations = {
    src: {},
    files: {},
    recovery: { attribute: false },
    hypotheses: { attribute: false },
    live: { state: true },
    problem: { state: true },
    passes: { state: true },
    variables: { state: true },
    cell: { state: true },
    seen: { state: true },
  };

  /** URL of a recorded card. */
  src: string | null = null;
  /** The model's directory, a URL or a built-in name: what it was trained on and what training cost. */
  files: string | null = null;
  /** A recorded card; before `src`. */
  recovery: Recovery | null = null;
  /** What a test here tries; all hypotheses that come with the package unless set. */
  hypotheses: readonly Hypothesis[] | null = null;
  private live: Recovery | null = null;
  /** Why the last test has no card. */
  private problem = '';
  /** How far the test is; null where none is under way. */
  private passes: string | null = null;
  /** Numbers of the variables whose places are listed. */
  private variables: readonly number[] = [];
  private cell: Cell | null = null;
  /** Whether it has been on screen: what takes a run is not drawn before. */
  private seen = false;
  readonly #file = new RemoteFile(this, 'a recovery card', readRecovery);
  #test: AbortController | null = null;
  readonly #below = this.later(() => nextPaint().then(() => import('./below')));
  #wave: Wave | null = null;
  #drawn: Recovery | null = null;
  readonly #visible = new IntersectionObserver(
    (entries) => (this.seen ||= entries.some(({ isIntersecting }) => isIntersecting)),
  );

  static override styles = [theme, tableStyles, programStyles, verdictStyles, headlineStyles, algorithmStyles];

  /** The card that is drawn. */
  get card(): Recovery | null {
    return this.live ?? this.recovery ?? this.#file.value;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#visible.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#visible.disconnect();
    this.#test?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#file.url = this.src;
    const { live, source } = this;
    if (live && source && source.info.weightsHash !== live.weightsHash) this.live = null;
    if (this.card !== this.#drawn) {
      this.#drawn = this.card;
      this.variables = [];
    }
    super.willUpdate(changed);
  }

  get #finding(): Finding | null {
    return this.card && shownFinding(this.card);
  }

  get #sums(): Sums | null {
    const sums = this.#finding && sumsOf(this.#finding);
    return sums && sums.groups.length > 0 ? sums : null;
  }

  get #isOfThisModel(): boolean {
    return this.source?.info.weightsHash === this.card?.weightsHash;
  }

  /** The neuron of layer 0 that is selected anywhere; else the card's first one. */
  get #neuron(): number | null {
    const { neuron, neuronLayer, layer } = this.selection;
    if (neuron !== null && (neuronLayer ?? layer) === 0) return neuron;
    return this.#sums?.groups[0]?.neurons[0]?.neuron ?? null;
  }

  protected override readKey(): string {
    return this.seen && this.#sums && this.#isOfThisModel ? String(this.#neuron) : '';
  }

  protected async read(_trace: Trace, signal: AbortSignal): Promise<Wave | null> {
    const [neuron, sums] = [this.#neuron, this.#sums];
    if (this.readKey() === '' || neuron === null || !sums) return null;
    const same = this.#wave?.neuron === neuron && this.#wave.weightsHash === this.source!.info.weightsHash;
    if (!same) {
      this.#wave = await this.ask(async (model) => {
        const { readWave } = await import('./below');
        return readWave(model, sums.modulus, neuron);
      }, signal);
    }
    return this.#wave;
  }

  protected override table(): FigureTable | null {
    const finding = this.#finding;
    return this.#below.module?.waveTable(finding && wavesOf(finding), this.#isOfThisModel ? this.data : null) ?? null;
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get drawn(): boolean {
    return this.card !== null;
  }

  protected override content(): TemplateResult {
    const { card, run } = this;
    if (card || run?.ask || this.#file.problem) return this.draw();
    if (run?.load && !this.trace && !this.#file.waiting) {
      return this.notice(
        html`Nothing to show: hypotheses are tested on the model itself, which has to be run.${this.runButton()}`,
      );
    }
    const waits = this.#file.waiting || run?.state === 'loading' || run?.state === 'running';
    return this.notice(
      waits
        ? 'Waiting for a card, or for the model…'
        : 'Nothing to show: give it a card (src or its recovery property), or put it into a <fluoro-model>, where hypotheses can be tested.',
    );
  }

  protected draw(): TemplateResult {
    const { card, passes, run, trace, hypotheses: tried } = this;
    const many = tried
      ? `${tried.length} ${tried.length === 1 ? 'hypothesis' : 'hypotheses'}`
      : 'every hypothesis there is';
    return html`
      ${this.#file.problemView()}
      ${card ? this.#cardView(card) : html`<p part="headline">${verdictView('unknown')}: no hypothesis has been tested on this model yet.</p>`}
      ${this.#below.module?.runBar({
        label: 'Test it here',
        isRunnable: !trace && !!run?.ask,
        progress: passes,
        problem: this.problem,
        about: `Tries ${many} on the model that is loaded, by dozens of passes; on a slow adapter that takes minutes.`,
        onRun: () => void this.#runTest(),
        onCancel: () => this.#test?.abort(),
      })}
    `;
  }

  #cardView(card: Recovery): TemplateResult {
    const finding = this.#finding;
    const waves = finding && wavesOf(finding);
    const below = this.#below.module;
    const isLive = card === this.live;
    return html`
      ${headline({ card, live: isLive })}
      ${
        this.source && !this.#isOfThisModel
          ? html`<p part="note" class="notice">This card is of other weights than those of the model here.</p>`
          : nothing
      }
      ${
        finding?.program
          ? programView({
              finding,
              chosen: this.variables,
              onChoose: (variables) => this.#choose(finding, variables),
              onPlace: (place) => this.#selectPlace(place),
            })
          : nothing
      }
      ${below && card.parts?.length > 0 ? below.partsView(card.parts, (place) => this.#selectPlace(place)) : nothing}
      ${below && waves ? below.wavesView(waves) : nothing}
      ${below && this.#sums ? this.#waveView(below, this.#sums) : nothing}
      ${below && card.tests.length > 0 ? below.testTable(card.tests) : nothing}
      ${below?.hypothesisList(card.hypotheses, card.model)}
    `;
  }

  #waveView({ waveView }: typeof import('./below'), sums: Sums): TemplateResult {
    const { data, failure, run } = this;
    const message =
      failure && this.failed
        ? failure.message
        : failure || !run?.ask || this.trace
          ? this.#takesModel()
          : this.#isOfThisModel
            ? 'Running all pairs…'
            : 'The model here is another one.';
    return waveView({
      sums,
      neuron: this.#neuron,
      wave: this.#isOfThisModel ? data : null,
      message,
      isProblem: this.failed,
      stale: this.stale,
      cell: this.cell,
      onNeuron: (neuron) => this.select({ neuronLayer: 0, neuron }),
      onCell: (cell) => (this.cell = cell),
    });
  }

  #takesModel(): TemplateResult {
    const button = this.runButton();
    const coming = this.run?.state === 'loading' || this.run?.state === 'running';
    if (coming && !this.trace) return html`Waiting for the model…`;
    const how = button === nothing ? ': put this element into a <fluoro-model> with a src.' : ', which has to be run.';
    return html`Its activations are read from the model itself${how}${button}`;
  }

  #choose({ variables }: Finding, chosen: readonly number[]): void {
    this.variables = chosen;
    const [first] = chosen;
    if (first === undefined) return;
    const { name } = variables[first]!;
    const strongest = this.#sums?.groups.find((group) => group.name === name)?.neurons[0];
    const neuron = strongest && { layer: 0, neuron: strongest.neuron };
    this.#selectPlace({ ...firstPlaces(variables[first]!), ...(neuron && { neuron }) });
  }

  #selectPlace({ head, neuron, pos }: Chosen): void {
    const length = this.source?.program.pos;
    const at = pos === undefined || length === undefined ? null : pos < 0 ? pos + length : pos;
    const change = {
      ...(head && { layer: head.layer, head: head.head }),
      ...(neuron && { neuronLayer: neuron.layer, neuron: neuron.neuron }),
      ...(at !== null && at >= 0 && at < length! && { pos: at, query: at, key: null }),
    };
    if (Object.keys(change).length > 0) this.select(change);
  }

  async #runTest(): Promise<void> {
    const { signal } = (this.#test = new AbortController());
    const { files, hypotheses: tried } = this;
    this.problem = '';
    this.passes = 'Waiting for its turn…';
    try {
      const card = await this.ask(async (model, _trace, { signal: stop }) => {
        const { testHypotheses } = await import('./test-hypotheses');
        return testHypotheses(model, files, {
          ...(tried && { hypotheses: tried }),
          signal: stop,
          onProgress: ({ hypothesis, runs }) => {
            this.passes = `${hypothesis}: ${runs} passes so far`;
          },
        });
      }, signal);
      if (this.isConnected && this.source?.info.weightsHash === card.weightsHash) this.live = card;
      this.dispatchEvent(new CustomEvent('fluoro-recovery', { detail: card, bubbles: true, composed: true }));
    } catch (error) {
      const { name, message } = error as Error;
      const ending = signal.aborted ? 'Cancelled' : 'Stopped by the next prompt';
      this.problem = name === 'AbortError' ? `${ending}: nothing is known of a test that did not end.` : message;
    }
    const focused = this.shadowRoot!.activeElement?.part.contains('cancel');
    this.passes = null;
    await this.updateComplete;
    if (focused) this.renderRoot.querySelector<HTMLElement>('[part="run"]')?.focus();
  }
}

export type RecoveryEvent = CustomEvent<Recovery>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-algorithm': FluoroAlgorithm;
  }
  interface HTMLElementEventMap {
    'fluoro-recovery': RecoveryEvent;
  }
}
