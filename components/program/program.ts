import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { ForwardProgram, Step, StepRow, Trace } from '../../src/index';
import { describeLayout, stepRows } from '../../src/viewer';
import { boxedTable } from '../shared/boxed-table';
import type { FigureTable } from '../shared/figure-table';
import { within } from '../shared/selection';
import { formatBytes } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { programStyles } from './program-styles';
import { stepTable } from './step-table';

interface Row extends StepRow {
  readonly step: Step;
}

interface Program {
  readonly program: ForwardProgram;
  readonly rows: readonly Row[];
  /** Bytes of all activations. */
  readonly bytes: number;
  /** Positions that were not computed, but taken over. */
  readonly reused: number;
}

/**
 * The forward pass as the list of steps that ran: kernel, inputs, outputs, shapes, bytes. Everything else is drawn from
 * this list; what the GPU ran is this list.
 *
 * @event {TensorEvent} fluoro-tensor - An output was chosen: `{ name, step }`, the tensor's name and the step's index.
 * @event {SelectEvent} fluoro-select - The same for the other components: `{ tensor, layer }`.
 * @event {StepEvent} fluoro-step - A step was selected: `{ step }`, its index.
 * @event {StepEvent} fluoro-breakpoint - The margin beside a step was pressed, or b on it: `{ step }`.
 * @csspart table - The table, in a box of its own that scrolls.
 * @csspart row - One step.
 * @csspart breakpoint - The button in the margin beside a step.
 * @csspart about - What the selected step does.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-program-height=28rem] - The height above which the table scrolls.
 * @cssproperty [--fluoro-accent=#00705a] - The selected step.
 */
export class FluoroProgram extends TraceElement<Program> {
  static override properties: PropertyDeclarations = {
    step: { type: Number },
    at: { type: Number },
    breakpoints: { attribute: false },
    program: { attribute: false },
  };

  /** The selected step. */
  step = 0;
  /** The step that runs next, in a pass that is stopped; those from there on look as if they had not run. */
  at: number | null = null;
  /** Steps before which a pass stops. Only where it is given is there a margin for breakpoints. */
  breakpoints: ReadonlySet<number> | null = null;
  /** The steps to show; those of the trace unless set. */
  program: ForwardProgram | null = null;
  #version = 0;

  static override styles = [theme, boxedTable, programStyles];

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('program')) this.#version++;
    super.willUpdate(changed);
  }

  protected override readKey(): string {
    return String(this.#version);
  }

  protected async read(trace: Trace): Promise<Program> {
    const program = this.program ?? trace.program;
    const { steps, tensors } = program;
    const rows = stepRows(program).map((row) => ({ ...row, step: steps[row.index]! }));
    const activations = Object.values(tensors).filter(({ role }) => role === 'activation');
    const bytes = activations.reduce((total, { shape }) => total + 4 * shape.reduce((size, n) => size * n, 1), 0);
    return { program, rows, bytes, reused: this.program ? 0 : (trace.reused ?? 0) };
  }

  protected draw({ program, rows, bytes, reused }: Program): TemplateResult {
    const selected = within(this.step, rows.length);
    const row = rows[selected]!;
    return html`
      <div class="box" part="table" @keydown=${(event: KeyboardEvent) => this.#onKey(event, selected, rows.length - 1)}>
        <table part="figure" class=${this.at === null ? '' : 'stopped'} role="grid" aria-label="Steps of the forward pass" aria-rowcount=${rows.length + 1}>
          <thead>
            <tr>
              ${this.breakpoints ? html`<th class="margin"><span class="hidden">breakpoint</span></th>` : nothing}
              <th class="number">#</th><th>kernel</th><th class="number bytes">bytes</th><th>writes</th><th class="reads">reads</th>
            </tr>
          </thead>
          <tbody>
            ${guard([rows, selected, this.at, this.breakpoints, this.selection.tensor], () =>
              rows.map((one) => this.#step(one, one.index === selected, program)),
            )}
          </tbody>
        </table>
      </div>
      <div class="foot">
        <p part="about" aria-live="polite"><span class="muted">Step ${row.index}, ${row.kernel}:</span> ${row.about}</p>
        <p class="muted">${rows.length} steps${this.#progress(rows.length)} · ${formatBytes(bytes)} of intermediate values${reused === 0 ? '' : ` · run for ${program.pos - reused} of ${program.pos} positions, the others taken over from the pass before`}</p>
      </div>
    `;
  }

  protected override table({ program, rows }: Program): FigureTable {
    return stepTable(program, rows);
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get isTable(): boolean {
    return true;
  }

  #progress(count: number): string {
    if (this.at === null || this.at >= count) return '';
    return this.at === 0 ? ', none of them has run' : `, of which ${this.at} ${this.at === 1 ? 'has' : 'have'} run`;
  }

  #step({ index, kernel, bytes, step }: Row, selected: boolean, { tensors }: ForwardProgram): TemplateResult {
    const { at } = this;
    const variant =
      step.variant && step.variant !== kernel
        ? html` <span class="muted">${step.variant}${step.fusion ? ` in ${step.fusion}` : ''}</span>`
        : nothing;
    return html`<tr
      part="row"
      class=${`${at !== null && index >= at ? 'later' : ''} ${index === at ? 'next' : ''}`.trim()}
      tabindex=${selected ? 0 : -1}
      aria-selected=${selected ? 'true' : 'false'}
      aria-rowindex=${index + 2}
      @click=${() => this.#selectRow(index)}
    >
      ${this.#margin(index, kernel, selected)}
      <td class="number muted">${index}</td>
      <td>${kernel}${variant}</td>
      <td class="number bytes">${bytes.toLocaleString('en')}</td>
      <td class="ports">${Object.values(step.outputs).map((name) => {
        return html`<div><button class=${this.selection.tensor === name ? 'chosen' : ''} tabindex=${selected ? 0 : -1}
          @click=${() => this.#chooseTensor(name, index)}>${name}</button> <span class="muted">${describeLayout(tensors[name]!)}</span></div>`;
      })}</td>
      <td class="ports reads">${Object.values(step.inputs).map(
        (name) => html`<div>${name} <span class="muted">${describeLayout(tensors[name]!)}</span></div>`,
      )}</td>
    </tr>`;
  }

  /** A button that sets and removes a breakpoint, and an arrow at the step that runs next. */
  #margin(index: number, kernel: string, selected: boolean): TemplateResult | typeof nothing {
    if (!this.breakpoints) return nothing;
    const next =
      index === this.at ? html`<i aria-hidden="true">▸</i><span class="hidden">runs next</span>` : html`<i></i>`;
    return html`<td class="margin"><button part="breakpoint" tabindex=${selected ? 0 : -1}
      aria-pressed=${this.breakpoints.has(index) ? 'true' : 'false'} aria-label=${`Stop before step ${index} ${kernel}`}
      @click=${() => this.#tell('fluoro-breakpoint', index)}><b>●</b></button>${next}</td>`;
  }

  #selectRow(index: number): void {
    this.step = index;
    this.#tell('fluoro-step', index);
  }

  #tell(event: 'fluoro-step' | 'fluoro-breakpoint', step: number): void {
    this.dispatchEvent(new CustomEvent(event, { detail: { step }, bubbles: true, composed: true }));
  }

  #chooseTensor(name: string, step: number): void {
    const layer = /^blocks\.(\d+)\./.exec(name)?.[1];
    this.select({ tensor: name, ...(layer === undefined ? {} : { layer: Number(layer) }) });
    this.dispatchEvent(new CustomEvent('fluoro-tensor', { detail: { name, step }, bubbles: true, composed: true }));
  }

  #onKey(event: KeyboardEvent, selected: number, last: number): void {
    const targets: Record<string, number> = {
      ArrowUp: selected - 1,
      ArrowDown: selected + 1,
      PageUp: Math.max(0, selected - 10),
      PageDown: Math.min(last, selected + 10),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.key === 'b' && this.breakpoints) {
      event.preventDefault();
      this.#tell('fluoro-breakpoint', selected);
    }
    if (target === undefined) return;
    event.preventDefault();
    if (target < 0 || target > last) return;
    this.#selectRow(target);
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>('tbody tr[tabindex="0"]')?.focus();
    });
  }

  /** The step that runs next, or else the one that was selected from outside, stays in sight within the box. */
  protected override updated(changed: PropertyValues): void {
    if (!changed.has('at') && !changed.has('data')) return;
    const [box, head] = [this.renderRoot.querySelector('.box'), this.renderRoot.querySelector('thead')];
    const row = this.at === null ? null : this.renderRoot.querySelectorAll('tbody tr')[this.at];
    if (!box || !head || !row) return;
    const [outer, inner] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
    const top = outer.top + head.getBoundingClientRect().height + inner.height; // the step before it is seen too
    if (inner.top < top) box.scrollTop -= top - inner.top;
    else if (inner.bottom > outer.bottom - inner.height) box.scrollTop += inner.bottom - outer.bottom + inner.height;
  }
}

export type TensorEvent = CustomEvent<{ readonly name: string; readonly step: number }>;
/** A step by its index. */
export type StepEvent = CustomEvent<{ readonly step: number }>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-program': FluoroProgram;
  }
  interface HTMLElementEventMap {
    'fluoro-tensor': TensorEvent;
    'fluoro-step': StepEvent;
    'fluoro-breakpoint': StepEvent;
  }
}
