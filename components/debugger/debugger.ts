import { ContextProvider } from '@lit/context';
import { css, html, type PropertyValues, type TemplateResult } from 'lit';
import type { Breakpoint, BreakpointSpec, DebugSession, Stop, Trace } from '../../src/index';
import { FluoroscopeError } from '../../src/viewer';
import type { FluoroProgram } from '../program/program';
import { runContext } from '../shared/run-context';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import type { Desk } from './desk';
import { NO_RUN, PanelRun } from './panel-run';

/**
 * The prompt's forward pass, stopped where the reader wants: the GPU has run the steps before and no other. It is stepped
 * and run on, stops at breakpoints and conditions, and is edited at a stop; panels show the steps, the values, how a
 * number came about and the shader. Nothing runs until Start is pressed.
 *
 * @slot program - The table of steps: a `<fluoro-program>` unless given.
 * @slot buffer - The chosen tensor: a `<fluoro-buffer>` unless given.
 * @slot explain - The chosen number: a `<fluoro-explain>` unless given.
 * @slot kernel - The selected step's shader: a `<fluoro-kernel>` unless given.
 * @event {StopEvent} fluoro-stop - It has stopped; the detail is the `Stop`.
 * @event {SelectEvent} fluoro-select - What is shown at a stop, for the other elements: `{ tensor }`.
 * @csspart toolbar - The commands.
 * @csspart command - One of their buttons.
 * @csspart where - Where it stopped and why.
 * @csspart error - What went wrong.
 * @csspart way - The button that leads on after an error.
 * @csspart breakpoints - The list of breakpoints and the field for another one.
 * @csspart place - That field.
 * @csspart tensors - The field for the tensors of which a condition is asked.
 * @csspart watch - The button that looks for NaN and infinities.
 * @csspart watched - What it found.
 * @csspart show - The button that shows it.
 * @csspart later - Said of a tensor that has not been computed yet.
 * @csspart edit - The form for an edit at the stop.
 * @csspart tensor - Its field for the tensor.
 * @csspart axis - Its field for the indices along one axis.
 * @csspart op - Its choice of what is done.
 * @csspart value - Its field for a number.
 * @csspart apply - Its button.
 * @csspart edits - The edits that were made, with what they did.
 * @csspart message - What is shown while there is nothing to debug.
 * @cssproperty [--fluoro-debugger-top=0px] - How far below the top of the window the steps stay in sight.
 * @cssproperty [--fluoro-program-height=25rem] - The height above which the table of steps scrolls.
 * @cssproperty [--fluoro-buffer-height=20rem] - The map's height, at most.
 * @cssproperty [--fluoro-accent=#00705a] - The step that runs next, the Start button.
 * @cssproperty [--fluoro-danger=#a32a1c] - Breakpoints and errors.
 */
export class FluoroDebugger extends TraceElement<Trace> {
  static override styles = [
    theme,
    css`
      :host {
        container-type: inline-size;
        --fluoro-program-height: 25rem;
        --fluoro-buffer-height: 20rem;
      }
      .notice {
        margin-bottom: 0.75rem;
      }
    `,
  ];

  /** What takes a model; over a recording there are the steps alone. */
  readonly #desks = this.later(() => import('./desk'));
  #desk: Desk | null = null;
  readonly #panelRun = new PanelRun();
  readonly #panels = new ContextProvider(this, { context: runContext, initialValue: NO_RUN });

  /** The session, once Start was pressed. Its commands are the buttons': run it from code and the element does not know. */
  get session(): DebugSession | null {
    return this.#desk?.session ?? null;
  }

  /**
   * Sets a breakpoint as the field does, also one with a predicate, from code.
   *
   * @throws `tensor-unknown`, `breakpoint-invalid`, `condition-invalid`; `no-model` before there is a pass of a model, or
   *   while the debugger's code is on its way, which `settled()` waits for
   */
  break(spec: BreakpointSpec): Breakpoint {
    if (!this.source) throw new FluoroscopeError('no-model', 'There is no pass to set a breakpoint in yet.');
    const desk = this.#follow(); // The pass may be newer than the last update.
    if (desk?.runnable) return desk.break(spec);
    throw new FluoroscopeError('no-model', 'There is no pass of a model to set a breakpoint in yet: await settled().');
  }

  protected override willUpdate(changed: PropertyValues): void {
    const desk = this.#follow();
    const { source, run } = this;
    this.#panels.setValue(this.#panelRun.view(run ?? NO_RUN, desk?.trace ?? source, desk?.runnable ?? false));
    super.willUpdate(changed);
  }

  get #ask() {
    return this.trace ? null : (this.run?.ask ?? null);
  }

  #follow(): Desk | null {
    const ask = this.#ask;
    if (ask) this.#desk ??= this.#newDesk();
    this.#desk?.follow(this.source, ask);
    return this.#desk;
  }

  #newDesk(): Desk | null {
    const { module } = this.#desks;
    if (!module) return null;
    const host = {
      element: this,
      source: () => this.source,
      run: () => this.run,
      selection: () => this.selection,
      select: (change: Parameters<typeof this.select>[0]) => this.select(change),
    };
    const [own, slotted] = [this.renderRoot, this].map((root) => root.querySelector<FluoroProgram>('fluoro-program'));
    return new module.Desk(host, (slotted ?? own)?.step ?? 0);
  }

  protected async read(trace: Trace): Promise<Trace> {
    if (this.#ask) await this.#desks.fetch();
    this.#desk?.forget();
    return trace;
  }

  protected override get followsHover(): boolean {
    return false;
  }

  /** Each of its parts has its own. */
  protected override get offersActions(): boolean {
    return false;
  }

  protected draw(): TemplateResult {
    if (!this.source) return html``; // It has left the page.
    if (this.#desk?.runnable) return this.#desk.draw();
    return html`<p part="message" class="notice">These are the steps that were recorded. ${this.takesModel('Stepping takes the model')}</p>
      <slot name="program"><fluoro-program></fluoro-program></slot>`;
  }

  protected override updated(): void {
    if (this.data && this.source && this.#desk?.runnable) this.#desk.give();
  }
}

export type StopEvent = CustomEvent<Stop>;

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-debugger': FluoroDebugger;
  }
  interface HTMLElementEventMap {
    'fluoro-stop': StopEvent;
  }
}
