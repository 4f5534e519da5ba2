import { css, html, nothing, type TemplateResult } from 'lit';
import { describeLayout, type Step, type StepRow, stepRows, type Trace } from '../../src/index';
import { formatBytes } from '../shared/text';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';

interface Row extends StepRow {
  readonly step: Step;
}

interface Program {
  readonly trace: Trace;
  readonly rows: readonly Row[];
  /** Bytes of all activations. */
  readonly bytes: number;
}

/**
 * The forward pass as the list of steps that ran: kernel, inputs, outputs, shapes, bytes. Everything else is drawn from
 * this list; what the GPU ran is this list.
 *
 * @event {TensorEvent} fluoro-tensor - An output was chosen: `{ name, step }`, the tensor's name and the step's index.
 * @event {SelectEvent} fluoro-select - The same for the other components: `{ tensor, layer }`.
 * @csspart table - The table, in a box of its own that scrolls.
 * @csspart row - One step.
 * @csspart about - What the selected step does.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-program-height=28rem] - The height above which the table scrolls.
 * @cssproperty [--fluoro-accent=#00705a] - The selected step.
 */
export class FluoroProgram extends TraceElement<Program> {
  #row = 0;

  static override styles = [
    theme,
    css`
      .box {
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

  protected async read(trace: Trace): Promise<Program> {
    const { steps, tensors } = trace.program;
    const rows = stepRows(trace.program).map((row) => ({ ...row, step: steps[row.index]! }));
    const activations = Object.values(tensors).filter(({ role }) => role === 'activation');
    const bytes = activations.reduce((total, { shape }) => total + 4 * shape.reduce((size, n) => size * n, 1), 0);
    return { trace, rows, bytes };
  }

  protected draw({ trace, rows, bytes }: Program): TemplateResult {
    const selected = Math.min(this.#row, rows.length - 1);
    const row = rows[selected]!;
    return html`
      <div class="box" part="table" @keydown=${(event: KeyboardEvent) => this.#onKey(event, selected, rows.length - 1)}>
        <table role="grid" aria-label="Steps of the forward pass" aria-rowcount=${rows.length + 1}>
          <thead>
            <tr><th class="number">#</th><th>kernel</th><th class="number">bytes</th><th>writes</th><th>reads</th></tr>
          </thead>
          <tbody>
            ${rows.map((one) => this.#step(one, one.index === selected, trace))}
          </tbody>
        </table>
      </div>
      <div class="foot">
        <p part="about" aria-live="polite"><span class="muted">Step ${row.index}, ${row.kernel}:</span> ${row.about}</p>
        <p class="muted">${rows.length} steps · ${formatBytes(bytes)} of intermediate values</p>
      </div>
    `;
  }

  #step({ index, kernel, bytes, step }: Row, selected: boolean, { program }: Trace): TemplateResult {
    const variant =
      step.variant && step.variant !== kernel ? html` <span class="muted">${step.variant}</span>` : nothing;
    return html`<tr
      part="row"
      tabindex=${selected ? 0 : -1}
      aria-selected=${selected ? 'true' : 'false'}
      aria-rowindex=${index + 2}
      @click=${() => this.#selectRow(index)}
    >
      <td class="number muted">${index}</td>
      <td>${kernel}${variant}</td>
      <td class="number">${bytes.toLocaleString('en')}</td>
      <td class="ports">${Object.values(step.outputs).map((name) => {
        return html`<div><button class=${this.selection.tensor === name ? 'chosen' : ''} tabindex=${selected ? 0 : -1}
          @click=${() => this.#chooseTensor(name, index)}>${name}</button> <span class="muted">${describeLayout(program.tensors[name]!)}</span></div>`;
      })}</td>
      <td class="ports">${Object.values(step.inputs).map(
        (name) => html`<div>${name} <span class="muted">${describeLayout(program.tensors[name]!)}</span></div>`,
      )}</td>
    </tr>`;
  }

  #selectRow(index: number): void {
    this.#row = index;
    this.requestUpdate();
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
    if (target === undefined || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (target < 0 || target > last) return;
    this.#selectRow(target);
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>('tbody tr[tabindex="0"]')?.focus();
    });
  }
}

export type TensorEvent = CustomEvent<{ readonly name: string; readonly step: number }>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-program': FluoroProgram;
  }
  interface HTMLElementEventMap {
    'fluoro-tensor': TensorEvent;
  }
}
