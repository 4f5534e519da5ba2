/** What a reader debugs a pass with: the commands of a session, breakpoints, edits, and what the panels are given. */
import { css, html, type LitElement, nothing, type TemplateResult } from 'lit';
import type { Breakpoint, BreakpointSpec, DebugSession, Index, Trace } from '../../src/index';
import { layoutIn } from '../../src/viewer';
import type { ScalarEvent } from '../buffer/buffer';
import { selectedIndex } from '../explain/place';
import type { StepEvent, TensorEvent } from '../program/program';
import type { RunView } from '../shared/run-context';
import type { SelectEvent, Selection } from '../shared/selection';
import { breakpointForm, formStyles, parseBreakpoint, stepBreakpoint } from './breakpoint-form';
import { Debugging } from './debugging';
import { deskStyles } from './desk-styles';
import { type EditFields, EMPTY_FIELDS, editForm, parseEdit } from './edit-form';
import { laterView } from './later-view';
import { Giver, sameStep, writerOf } from './panels';
import { stopProblem } from './problem';
import { type Command, KEYS, toolbar, toolbarStyles } from './toolbar';
import { wantPanels } from './wanted';
import { watchView } from './watch-view';
import { describeStop } from './words';

export const styles = css`${toolbarStyles}${formStyles}${deskStyles}`;

/** One number of a tensor; axes that are missing are chosen. */
interface Scalar {
  readonly tensor: string;
  readonly index: Index;
}

/** The element that it is a part of. */
export interface DeskHost {
  readonly element: LitElement;
  readonly source: () => Trace | null;
  readonly run: () => RunView | null;
  readonly selection: () => Selection;
  readonly select: (change: Partial<Selection>) => void;
}

export class Desk {
  /** The selected step. */
  #step: number;
  /** What was chosen to be explained. */
  #scalar: Scalar | null = null;
  /** Whether values are shown: since the first step, or since the reader chose a tensor. */
  #opened = false;
  #fields: EditFields = EMPTY_FIELDS;
  #breakError: Error | null = null;
  #editError: Error | null = null;
  /** The step to which the reader wanted to go back. */
  #back: number | null = null;
  readonly #debugging = new Debugging(() => this.#update());
  readonly #giver = new Giver();

  /** @param step that is selected in the table of steps already */
  constructor(
    private readonly host: DeskHost,
    step: number,
  ) {
    const { element } = host;
    this.#step = step;
    element.addEventListener('keydown', (event) => this.#onKey(event));
    element.addEventListener('fluoro-step', ({ detail }: StepEvent) => {
      this.#step = detail.step;
      this.#update();
    });
    element.addEventListener('fluoro-breakpoint', ({ detail }: StepEvent) => this.#toggle(detail.step));
    element.addEventListener('fluoro-tensor', ({ detail }: TensorEvent) => {
      this.#opened = true;
      this.#step = detail.step;
      this.#update();
    });
    element.addEventListener('fluoro-select', ({ detail }: SelectEvent) => this.#followSelection(detail.tensor));
    element.addEventListener('fluoro-scalar', ({ detail }: ScalarEvent) => {
      this.#scalar = detail;
      this.#update();
    });
  }

  get session(): DebugSession | null {
    return this.#debugging.session;
  }

  /** What the session holds at its last stop. */
  get trace(): Trace | null {
    return this.#debugging.trace;
  }

  /** Whether there is a pass that can be stopped. */
  get runnable(): boolean {
    return this.#debugging.runnable;
  }

  /** Takes up the pass to debug, and who answers questions about it. */
  follow(...given: Parameters<Debugging['follow']>): void {
    this.#debugging.follow(...given);
  }

  /** Another pass is shown: what was wrong with the last is past. */
  forget(): void {
    this.#breakError = this.#editError = null;
    this.#back = null;
  }

  /** @throws as `DebugSession.break` */
  break(spec: BreakpointSpec): Breakpoint {
    this.#update();
    return this.#debugging.break(spec);
  }

  #update(): void {
    this.host.element.requestUpdate();
  }

  /** What is shown: the chosen tensor where the pass has it, else what the last step wrote, else the output. */
  get #tensor(): string {
    const { session, program, trace } = this.#debugging;
    const { program: readable } = trace ?? this.host.source()!;
    const { tensor } = this.host.selection();
    if (tensor !== null && layoutIn(readable, tensor)) return tensor;
    const before = tensor?.replace(/:before\d*$/, ''); // an edit that waits has renamed it
    if (before && layoutIn(readable, before)) return before;
    const last = session && session.at > 0 ? Object.values(program.steps[session.at - 1]!.outputs).at(-1) : undefined;
    return last && layoutIn(readable, last) ? last : readable.output;
  }

  draw(): TemplateResult {
    const { session, program, stop } = this.#debugging;
    wantPanels();
    const started = session !== null;
    return html`<div class="columns">
      <div class="steps">
        ${toolbar({
          started,
          open: started && !session.done,
          busy: this.#debugging.busy,
          step: Math.min(this.#step, program.steps.length - 1),
          onCommand: (command) => void this.#command(command),
        })}
        <div part="where" role="status">
          <p>${started ? describeStop(stop, program) : this.#debugging.said || 'Start stops the pass of this prompt before its first step.'}</p>
          ${stopProblem({
            problem: this.#debugging.problem,
            back: this.#back,
            reload: this.host.run()?.reload ?? null,
            onStartAgain: (step) => void this.#startAgain(step),
          })}
        </div>
        <slot name="program"><fluoro-program></fluoro-program></slot>
        ${breakpointForm({
          breakpoints: this.#debugging.breakpoints,
          names:
            this.host.source()!.program === program ? this.host.source()!.names : [...Object.keys(program.tensors)],
          error: this.#breakError,
          onAdd: (text, tensors) => this.#add(text, tensors),
          onRemove: (breakpoint) => this.#remove(breakpoint),
        })}
        ${watchView(this.#debugging, (finding) => this.#show(finding))}
      </div>
      <div class="panels">${started || this.#opened ? this.#values() : nothing}</div>
      ${
        started || this.#opened
          ? html`<section role="group" class="shader" aria-label="Shader"><slot name="kernel"><fluoro-kernel></fluoro-kernel></slot></section>`
          : nothing
      }
    </div>`;
  }

  #values(): TemplateResult {
    const { session, program } = this.#debugging;
    const tensor = this.#tensor;
    const later = laterView(this.#debugging, tensor, () => void this.#runTo(tensor));
    const at = this.#fields.tensor ?? tensor;
    return html`
      <section role="group" aria-label="Values">
        ${later}
        <div ?hidden=${later !== nothing}><slot name="buffer"><fluoro-buffer></fluoro-buffer></slot></div>
      </section>
      ${
        session
          ? editForm({
              fields: this.#fields,
              tensor: at,
              layout: layoutIn(program, at) ?? null,
              made: this.#debugging.edits,
              next: session.at,
              ready: !session.done && !this.#debugging.busy,
              error: this.#editError,
              onChange: (change) => {
                this.#fields = { ...this.#fields, ...change };
                this.#editError = null;
                this.#update();
              },
              onAxis: (axis, text) => {
                this.#fields = { ...this.#fields, slice: { ...this.#fields.slice, [axis]: text } };
                this.#update();
              },
              onSubmit: () => this.#edit(at),
            })
          : nothing
      }
      <section role="group" aria-label="One number" ?hidden=${later !== nothing}>
        <h3>One number</h3>
        <slot name="explain"><fluoro-explain></fluoro-explain></slot>
      </section>
    `;
  }

  /** Gives the panels what they show. */
  give(): void {
    const { session, program, breakpoints, trace } = this.#debugging;
    const [root, tensor] = [this.host.element.renderRoot, this.#tensor];
    const stops = this.#stops(breakpoints);
    this.#giver.give(root, 'program', 'fluoro-program', {
      ...{ step: this.#step, at: session?.at ?? null, breakpoints: stops },
      program: session ? program : null,
    });
    const scalar = this.#scalar;
    const named = scalar?.tensor === tensor ? scalar : null;
    this.#giver.give(root, 'buffer', 'fluoro-buffer', { tensor, ...(named && { index: named.index }) });
    this.#giver.give(root, 'explain', 'fluoro-explain', { tensor, index: named?.index ?? null });
    const step = sameStep(this.#step, program, (trace ?? this.host.source()!).program);
    if (step !== null) this.#giver.give(root, 'kernel', 'fluoro-kernel', { step });
  }

  #lastStops: ReadonlySet<number> = new Set();

  /** Where it stops whatever the values; the same object while that is the same. */
  #stops(breakpoints: readonly Breakpoint[]): ReadonlySet<number> {
    const stops = new Set(breakpoints.flatMap((one) => one.stops));
    const same = stops.size === this.#lastStops.size && [...stops].every((index) => this.#lastStops.has(index));
    return same ? this.#lastStops : (this.#lastStops = stops);
  }

  async #command(command: Command): Promise<void> {
    const debugging = this.#debugging;
    this.forget();
    this.#update();
    switch (command) {
      case 'start':
        return this.#start();
      case 'step':
        return this.#go((session) => session.step());
      case 'continue':
        return this.#go((session) => session.continue());
      case 'runTo':
        return this.#runTo(Math.min(this.#step, debugging.program.steps.length - 1));
      case 'finish':
        return this.#go(async (session) => {
          await session.finish();
          return { reason: 'end', at: session.at, step: session.at - 1 };
        });
      case 'quit':
        debugging.end();
        debugging.said = 'The session has ended. Start begins anew.';
        this.#update();
    }
  }

  async #start(): Promise<void> {
    this.#step = 0;
    this.#scalar = null;
    this.#fields = EMPTY_FIELDS;
    await this.#debugging.start();
  }

  async #startAgain(step: number): Promise<void> {
    this.#back = null;
    await this.#start();
    await this.#runTo(step);
  }

  async #runTo(place: number | string): Promise<void> {
    const { session } = this.#debugging;
    if (session && typeof place === 'number' && place < session.at) {
      this.#back = place;
      this.#update();
      return;
    }
    await this.#go((session) => session.runTo(place));
  }

  /** Runs, and shows what there is at the stop. */
  async #go(act: Parameters<Debugging['go']>[0]): Promise<void> {
    const { session, stop: before } = this.#debugging;
    await this.#debugging.go(act);
    const { stop, trace, program } = this.#debugging;
    if (!stop || !trace || stop === before || this.#debugging.session !== session) return;
    const { step, tensor, index } = stop;
    if (step !== undefined) {
      this.#step = step;
      const last = Object.values(program.steps[step]!.outputs).at(-1)!;
      const shown = tensor && trace.names.includes(tensor) ? tensor : last;
      this.host.select({ tensor: shown });
      if (index) this.#scalar = { tensor: shown, index };
    }
    this.#update();
    this.host.element.dispatchEvent(new CustomEvent('fluoro-stop', { detail: stop, bubbles: true, composed: true }));
  }

  #show({ tensor, index, step }: { tensor: string; index: Index; step: number }): void {
    this.#opened = true;
    this.#step = step;
    this.host.select({ tensor });
    this.#scalar = { tensor, index };
    this.#update();
  }

  #followSelection(tensor: string | null | undefined): void {
    if (typeof tensor !== 'string' || !this.host.source()) return;
    const layout = layoutIn(this.#debugging.program, tensor);
    if (this.#scalar?.tensor !== tensor) {
      this.#scalar = layout ? { tensor, index: selectedIndex(layout, this.host.selection()) } : null;
    }
    this.#fields = { ...this.#fields, tensor: null, slice: {} };
    const writer = writerOf(this.#debugging.program, tensor);
    if (writer >= 0) this.#step = writer;
    this.#update();
  }

  #add(text: string, tensors: string): boolean {
    this.#breakError = null;
    try {
      this.#debugging.break(parseBreakpoint(text, tensors, this.#debugging.program));
      return true;
    } catch (error) {
      this.#breakError = error as Error;
      return false;
    } finally {
      this.#update();
    }
  }

  #remove({ id }: Breakpoint): void {
    this.#debugging.unbreak(id);
    this.#update();
  }

  /** Sets a breakpoint before a step, or removes those that stop there. */
  #toggle(step: number): void {
    const { breakpoints, program } = this.#debugging;
    const there = breakpoints.filter(({ stops }) => stops.includes(step));
    for (const breakpoint of there) this.#remove(breakpoint);
    if (there.length === 0) this.#debugging.break(stepBreakpoint(program, step));
    this.#update();
  }

  #edit(at: string): void {
    const debugging = this.#debugging;
    if (debugging.busy || !debugging.session || debugging.session.done) return;
    this.#editError = null;
    try {
      debugging.edit(parseEdit(this.#fields, at, layoutIn(debugging.program, at) ?? null));
    } catch (error) {
      this.#editError = error as Error;
    }
    this.#update();
  }

  #onKey(event: KeyboardEvent): void {
    const path = event.composedPath() as HTMLElement[];
    const target = path[0]!;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (path.some(({ localName }) => localName === 'fluoro-kernel')) return; // Its steps are a shader's.
    if (!this.host.source() || !this.runnable || target.matches('input, select, textarea, [contenteditable]')) return;
    const { session, busy, program } = this.#debugging;
    const command = KEYS[event.key];
    if (command && session && !session.done && !busy) void this.#command(command);
    else if (event.key === 'b') this.#toggle(Math.min(this.#step, program.steps.length - 1));
    else return;
    event.preventDefault();
  }
}
