import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Formation } from '../../src/index';
import { readFormation } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';
import { within } from '../shared/selection';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { formationTable } from './formation-table';
import { formationStyles, formationView } from './formation-view';
import { readHistory } from './history';
import { RemoteFile } from './remote-file';
import { runBar, runBarStyles } from './run-bar';
import { stepPlotStyles } from './step-plot';
import { tableStyles } from './tables';

/**
 * Watching an algorithm form: what the checkpoints of a training run already hold of what the final model does. Rows that
 * were measured earlier, or those measured here at the press of a button, checkpoint after checkpoint.
 *
 * @csspart origin - `recorded` or `live`.
 * @csspart plot - One plot over the steps of training.
 * @csspart slider - The choice of a checkpoint.
 * @csspart readout - That checkpoint in words.
 * @csspart table - The box of the table of all checkpoints.
 * @csspart run - The button that measures the checkpoints here.
 * @csspart progress - The progress bar.
 * @csspart cancel - The button that ends the measuring.
 * @csspart error - Why there are no rows, or how measuring them ended early.
 * @csspart retry - The button that asks for the rows, or the losses, again.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-accent=#00705a] - The slider and the focus ring.
 * @cssproperty [--fluoro-danger=#a32a1c] - Errors.
 */
export class FluoroFormation extends TraceElement<null> {
  static override properties: PropertyDeclarations = {
    src: {},
    history: {},
    files: {},
    formation: { attribute: false },
    device: { attribute: false },
    live: { state: true },
    progress: { state: true },
    problem: { state: true },
    row: { state: true },
  };

  /** URL of rows that were measured earlier. */
  src: string | null = null;
  /** URL of the losses of the training run, drawn behind. */
  history: string | null = null;
  /** The model's directory, a URL or a built-in name, whose checkpoints are measured here. */
  files: string | null = null;
  /** Rows that were measured earlier; before `src`. */
  formation: Formation | null = null;
  /** The device on which checkpoints are measured; the page's shared one unless set. */
  device: GPUDevice | undefined = undefined;
  private live: Formation | null = null;
  private progress: { readonly text: string; readonly share: number } | null = null;
  private problem = '';
  /** The chosen checkpoint; null: the last one. */
  private row: number | null = null;
  #measuring: AbortController | null = null;
  readonly #recorded = new RemoteFile(this, 'rows of a formation', readFormation);
  readonly #history = new RemoteFile(this, 'the losses of a training run', readHistory);

  static override styles = [theme, tableStyles, stepPlotStyles, runBarStyles, formationStyles];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#measuring?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.#recorded.url = this.src;
    this.#history.url = this.history;
    if (this.live && this.source && this.source.info.weightsHash !== this.live.weightsHash) this.live = null;
    super.willUpdate(changed);
  }

  protected async read(): Promise<null> {
    return null;
  }

  get #shown(): Formation | null {
    return this.live ?? this.formation ?? this.#recorded.value;
  }

  protected override table(): FigureTable | null {
    return this.#shown && formationTable(this.#shown);
  }

  protected override get isTable(): boolean {
    return true;
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get drawn(): boolean {
    return this.#shown !== null;
  }

  protected override content(): TemplateResult {
    return this.draw();
  }

  protected draw(): TemplateResult {
    const { live, files, run, trace, progress } = this;
    const shown = this.#shown;
    const isRunnable = !trace && !!run?.ask && files !== null;
    const wrong = [this.#recorded, this.#history].filter(({ problem }) => problem);
    if (!shown && !isRunnable && wrong.length === 0) {
      return this.notice(
        this.#recorded.waiting || files !== null
          ? 'Waiting for the rows, or for the model…'
          : 'Nothing to show: give it rows (src or its formation property), or the files of a training run.',
      );
    }
    return html`
      ${wrong.map((file) => file.problemView())}
      ${
        shown
          ? html`<p class="muted origin"><span class="tag" part="origin">${live ? 'live' : 'recorded'}</span>
              ${shown.rows.length} checkpoints of ${shown.model}, measured on ${shown.adapter || 'an unnamed adapter'}</p>
            ${formationView({
              formation: shown,
              history: this.#history.value,
              active: within(this.row ?? shown.rows.length - 1, shown.rows.length),
              onActive: (row) => (this.row = row),
            })}`
          : nothing
      }
      ${runBar({
        label: 'Measure the checkpoints here',
        isRunnable,
        progress: progress?.text ?? null,
        share: progress?.share ?? 0,
        problem: this.problem,
        about:
          'Loads each checkpoint and runs it some twenty times on all pairs; on a slow adapter that takes minutes.',
        onRun: () => void this.#measure(files!),
        onCancel: () => this.#measuring?.abort(),
      })}
    `;
  }

  async #measure(files: string): Promise<void> {
    const { signal } = (this.#measuring = new AbortController());
    let [done, all] = [0, 0];
    this.problem = '';
    this.progress = { text: 'Waiting for its turn…', share: 0 };
    try {
      await this.ask(async (model, _trace, { signal: stop }) => {
        const { measureCheckpoints } = await import('./measure-checkpoints');
        const onProgress = ({ step, runs }: { step: number; runs: number }) => {
          const text = `${done} of ${all} checkpoints; step ${step.toLocaleString('en')}: ${runs} passes`;
          this.progress = { text, share: done / all };
        };
        const options = { signal: stop, onProgress, ...(this.device && { device: this.device }) };
        const measuring = await measureCheckpoints(model, files, options);
        all = measuring.count;
        for await (const found of measuring.found) {
          done = found.rows.length;
          this.live = found;
        }
      }, signal);
    } catch (error) {
      const { name, message } = error as Error;
      const ending = signal.aborted ? 'Cancelled' : 'Stopped by the next prompt';
      this.problem = name === 'AbortError' ? `${ending}: ${done} of ${all} checkpoints.` : message;
    }
    const focused = this.shadowRoot!.activeElement?.part.contains('cancel');
    this.progress = null;
    await this.updateComplete;
    if (focused) this.renderRoot.querySelector<HTMLElement>('[part="run"]')?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-formation': FluoroFormation;
  }
}
