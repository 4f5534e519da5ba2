import { css, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { ForwardProgram, Step, StepRow, Trace } from '../../src/index';
import { describeLayout, stepRows } from '../../src/viewer';
import type { FigureTable } from '../shared/figure-table';
import { within } from '../shared/selection';
import { formatBytes } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
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

  static override styles = [
    theme,
    css`
      .box {
        container-type: inline-size;
        position: relative;
        max-height: var(--fluoro-program-height, 28rem);
        overflow: auto;
        border: 1px solid var(--_line);
        border-radius: var(--_radius);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font: 0.8125rem / 1.45 var(--_mono);
      }
      th,
      td {
        padding: 0.4rem 0.75rem;
        text-align: left;
        vertical-align: top;
        white-space: nowrap;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--_sunken);
        color: var(--_muted);
        font-family: var(--_font);
        font-weight: 600;
      }
      tr + tr > td,
      tbody tr:first-child > td {
        border-top: 1px solid var(--_line);
      }
      tbody tr {
        cursor: default;
      }
      tbody tr:focus-visible {
        outline-offset: -2px;
      }
      tr[aria-selected='true'] > td {
        background: color-mix(in srgb, var(--_accent) 10%, transparent);
      }
      @media (forced-colors: active) {
        tr[aria-selected='true'] {
          forced-color-adjust: none;
        }
        tr[aria-selected='true'] > td {
          background: Highlight;
        }
        tr[aria-selected='true'] > td,
        tr[aria-selected='true'] > td * {
          color: HighlightText;
        }
      }
      .ports {
        min-width: 21rem;
        white-space: normal;
      }
      .ports > div {
        padding-left: 1.5em;
        text-indent: -1.5em;
      }
      .ports span {
        display: inline-block;
        text-indent: 0;
      }
      .number {
        text-align: right;
        font-variant-numeric: tabular-nums;
      }
      td button {
        padding: 0;
        border: 0;
        border-bottom: 1px solid currentColor;
        border-radius: 0;
        background: none;
        color: var(--_accent);
      }
      td button.chosen {
        font-weight: 700;
      }
      .margin {
        padding: 0.25rem 0 0.25rem 0.35rem;
        width: 2.75rem;
      }
      .margin button {
        width: 1.5rem;
        height: 1.5rem;
        border: 0;
        color: var(--_danger);
        font: 0.875rem / 1 var(--_font);
        vertical-align: middle;
      }
      .margin b {
        opacity: 0;
      }
      .margin button:hover b {
        opacity: 0.4;
      }
      .margin button[aria-pressed='true'] b {
        opacity: 1;
      }
      .margin i {
        display: inline-block;
        width: 0.9rem;
        color: var(--_accent);
        font-style: normal;
      }
      .later > td,
      .later > td button:not([part='breakpoint']) {
        color: var(--_muted);
        font-style: italic;
      }
      tbody tr.next:is(*, :first-child) > td {
        border-top: 2px solid var(--_accent);
      }
      @media (forced-colors: active) {
        .later:not([aria-selected='true']) > td,
        .later:not([aria-selected='true']) > td * {
          color: GrayText;
        }
        .margin button[aria-pressed='true'] b {
          color: CanvasText;
        }
        tr[aria-selected='true'] > .margin b {
          color: HighlightText;
        }
      }
      @container (max-width: 44rem) {
        .stopped .reads {
          display: none;
        }
      }
      @container (max-width: 30rem) {
        .stopped .bytes {
          display: none;
        }
        .stopped :is(th, td) {
          padding-inline: 0.35rem;
        }
      }
      @media print {
        .box {
          max-height: none;
          overflow: visible;
        }
        .box :is(th, td, .muted) {
          font-size: 0.625rem;
        }
        th {
          position: static;
        }
        :is(th, td, .ports) {
          min-width: 0;
          padding-inline: 0.35rem;
          overflow-wrap: anywhere;
          white-space: normal;
        }
        .number {
          white-space: nowrap;
        }
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.5rem;
        justify-content: space-between;
        margin-top: 0.5rem;
      }
      .foot > :first-child {
        flex: 1 1 18rem;
      }
    `,
  ];

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
