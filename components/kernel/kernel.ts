import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Index, OutputAccuracy, Profile, StepKernel, StepStop, Trace } from '../../src/index';
import { indexAt, type StepOutline, stepOutline } from '../../src/viewer';
import { boxedTable } from '../shared/boxed-table';
import type { FigureTable } from '../shared/figure-table';
import { onGpu } from '../shared/on-gpu';
import { within } from '../shared/selection';
import { theme } from '../shared/theme';
import { TraceElement } from '../shared/trace-element';
import { factsView } from './facts-view';
import type { KernelShader } from './kernel-source';
import { kernelStyles } from './kernel-styles';
import { type Measure, NOTHING_MEASURED } from './measure';
import { portTable } from './port-table';
import { Stepping } from './stepping';

const ROUNDS = 9;

interface KernelData {
  readonly trace: Trace;
  readonly outline: StepOutline;
  /** null while it is on its way. */
  readonly shader: KernelShader | null;
}

/**
 * The shader of one step: its WGSL as it ran, or as a GPU would run it, what is bound to it, what it costs, how long it
 * takes, how far it lies from float64, and one of its workgroups stepped line by line on the values of the pass. Timing,
 * checking and stepping take the model and begin when asked.
 *
 * @csspart variant - The choice among the kernel's shaders.
 * @csspart ports - The table of ports with the tensors bound to them.
 * @csspart facts - Uniforms, constants, dispatch and costs.
 * @csspart timing - The button that times the step, and the times.
 * @csspart accuracy - The button that checks the step against float64, and the errors.
 * @csspart source - The WGSL, in a box of its own that scrolls.
 * @csspart line - One of its lines.
 * @csspart workgroup - The choice of the workgroup.
 * @csspart load - The button that loads it.
 * @csspart status - Where the lanes are, in words.
 * @csspart controls - The stepper's buttons.
 * @csspart faults - What the lanes did that they must not do.
 * @csspart lane - The choice of the lane.
 * @csspart legend - What the signs of the squares mean.
 * @csspart map - Every lane as a square.
 * @csspart variables - The chosen lane's variables.
 * @csspart memory - Workgroup memory.
 * @csspart stores - What was stored so far.
 * @csspart comparison - The stores beside what the GPU wrote.
 * @csspart limits - What the stepper cannot do.
 * @csspart message - What is shown while there is nothing to draw.
 * @cssproperty [--fluoro-kernel-height=30rem] - The height above which the WGSL scrolls.
 * @cssproperty [--fluoro-accent=#00705a] - The lines that run next, and the lanes on them.
 * @cssproperty [--fluoro-danger=#a32a1c] - Breakpoints, faults, and what exceeds its bound.
 */
export class FluoroKernel extends TraceElement<KernelData> {
  static override properties: PropertyDeclarations = {
    step: { type: Number },
    variant: {},
    timing: { state: true },
    accuracy: { state: true },
    workgroup: { state: true },
  };

  static override styles = [theme, boxedTable, kernelStyles];

  /** The step's index; the one that writes the selected tensor unless given, or else the first. */
  step: number | null = null;
  /** Another shader of the kernel, by name: shown and stepped in place of the one that ran. */
  variant: string | null = null;
  private timing: Measure<Profile> = NOTHING_MEASURED;
  private accuracy: Measure<OutputAccuracy[]> = NOTHING_MEASURED;
  private workgroup: readonly [number, number, number] = [0, 0, 0];
  readonly #live = this.later(() => import('./live-view'));
  /** All shaders and a parser of WGSL: much to fetch, so that what the program tells comes first. */
  readonly #shaders = this.later(() => import('./kernel-source'), false);
  #line = 0;
  #drawn: KernelData | null = null;
  /** The stop whose line was brought into view. */
  #scrolledTo: StepStop | null = null;
  /** Ends what was asked about an earlier step. */
  #asking = new AbortController();
  #stepping = this.#newStepping();

  #newStepping(): Stepping {
    const { signal } = this.#asking;
    return new Stepping(
      (question) => this.ask(question, signal),
      () => this.requestUpdate(),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking.abort();
    this.#stepping.clear();
  }

  #stepOf({ program }: Trace): number {
    if (typeof this.step === 'number') return this.step; // If it is none, the outline says so.
    const { tensor } = this.selection;
    const name = tensor === null ? null : (program.aliases[tensor] ?? tensor);
    return Math.max(
      0,
      program.steps.findIndex(({ outputs }) => name !== null && Object.values(outputs).includes(name)),
    );
  }

  protected override readKey(): string {
    return `${this.#stepOf(this.source!)} ${this.variant} ${this.#shaders.isHere}`;
  }

  protected async read(trace: Trace): Promise<KernelData> {
    const [step, { variant }] = [this.#stepOf(trace), this];
    if (this.#runnable) await this.#live.fetch();
    const shader = this.#shaders.isHere ? await this.#shaders.module!.readShader(trace, step, variant) : null;
    return { trace, outline: stepOutline(trace.program, step), shader };
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const [before, now] = [this.#drawn, this.data];
    if (before === now) return;
    this.#drawn = now;
    // The shader of what is drawn has come: what is being measured of it goes on.
    if (before && !before.shader && before.trace === now?.trace && before.outline.step === now.outline.step) return;
    // Another step, or another pass: what was measured and stepped was of the last one. Breakpoints stay with the shader.
    const same = now?.shader?.kernel.code === before?.shader?.kernel.code;
    const breakpoints = this.#stepping.breakpoints;
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#stepping.clear();
    this.#stepping = this.#newStepping();
    if (same) for (const line of breakpoints) this.#stepping.breakpoints.add(line);
    else this.#line = 0;
    this.timing = this.accuracy = NOTHING_MEASURED;
    this.workgroup = [0, 0, 0];
  }

  get #runnable(): boolean {
    return !this.trace && !!this.run?.ask;
  }

  protected draw({ trace, outline, shader }: KernelData): TemplateResult {
    const { step, kernel: name, about } = outline;
    const kernel = shader?.kernel ?? null;
    const shaders = this.#shaders.module;
    const live = this.#runnable ? this.#live.module : null;
    const title = sourceTitle(outline, kernel);
    return html`
      <div class="head">
        <h3>Step ${step}: ${name}</h3>
        <p>${about}</p>
        ${this.#variants(outline, kernel)}
        ${this.#together(outline)}
        ${notRun(outline, trace)}
      </div>
      ${factsView(outline, shader)}
      ${
        this.#runnable
          ? html`<section>
              ${live?.timingView(this.timing, () => void this.#time(step))}
              ${live?.accuracyView(this.accuracy, () => void this.#check(step))}
            </section>`
          : html`<section><p class="notice">${this.takesModel('Timing, checking and stepping take the model')}</p></section>`
      }
      <section class=${this.#runnable ? 'columns' : ''}>
        <div>
          <h3>${title}</h3>
          ${
            shader && shaders
              ? shaders.sourceView({
                  title,
                  code: shader.kernel.code,
                  stops: shader.reflection.statementLines,
                  breakpoints: this.#stepping.breakpoints,
                  lanes: this.#lanesByLine(),
                  focused: this.#line,
                  onToggle: (line) => {
                    this.#line = line;
                    this.#stepping.toggle(line);
                  },
                  onFocus: (line) => {
                    this.#line = line;
                    this.requestUpdate();
                  },
                })
              : html`<p class="source" role="status">The shader’s text is on its way…</p>`
          }
        </div>
        ${live ? html`<div><h3>One workgroup, step by step</h3>${kernel && this.#stepper(kernel, live)}</div>` : nothing}
      </section>
    `;
  }

  protected override table({ outline, shader }: KernelData): FigureTable {
    return portTable(outline, shader?.kernel ?? null);
  }

  protected override get followsHover(): boolean {
    return false;
  }

  protected override get isTable(): boolean {
    return true;
  }

  #together({ fusion }: StepOutline): TemplateResult | typeof nothing {
    if (fusion === null) return nothing;
    return html`<p class="muted">The pass ran this step together with its neighbours, in one dispatch of <code>${fusion}</code>,
      which stores the same bits. Below it stands alone.</p>`;
  }

  #variants({ ran }: StepOutline, kernel: StepKernel | null): TemplateResult {
    const own = ran ?? 'clear';
    const { variant, variants } = kernel ?? { variant: own, variants: [own] };
    const change = ({ target }: Event) => {
      const { value } = target as HTMLSelectElement;
      this.variant = value === own ? null : value;
    };
    return html`<label>Shader
      <select part="variant" @change=${change}>
        ${variants.map((one) => html`<option value=${one} .selected=${one === variant}>${one}${one === ran ? ', which ran' : ''}</option>`)}
      </select></label>`;
  }

  #stepper(kernel: StepKernel, { stepperView }: typeof import('./live-view')): TemplateResult {
    return stepperView({
      kernel,
      stepping: this.#stepping,
      workgroup: this.workgroup,
      indexOf: (port, offset) => this.#indexOf(kernel, port, offset),
      onWorkgroup: (axis, value) => {
        const clamped = within(value, kernel.dispatch[axis]!);
        this.workgroup = this.workgroup.map((old, i) =>
          i === axis ? clamped : old,
        ) as unknown as typeof this.workgroup;
      },
      onLoad: () => void this.#stepping.load(kernel, this.workgroup),
      onLane: (lane) => {
        this.#stepping.lane = lane;
        this.requestUpdate();
      },
    });
  }

  #indexOf({ ports }: StepKernel, name: string, offset: number): Index {
    const port = ports.find((one) => one.name === name);
    return port ? indexAt(port.layout, offset) : {};
  }

  #lanesByLine(): Map<number, { count: number; next: boolean; waiting: boolean }> {
    const { stepper, stop } = this.#stepping;
    const byLine = new Map<number, { count: number; next: boolean; waiting: boolean }>();
    for (const { line, state, index } of stepper?.lanes ?? []) {
      if (state === 'done') continue;
      const here = byLine.get(line) ?? { count: 0, next: false, waiting: false };
      byLine.set(line, {
        count: here.count + 1,
        next: here.next || (stop?.lanes.includes(index) ?? false) || (stop?.lanes.length === 0 && stop.line === line),
        waiting: here.waiting || state === 'waiting',
      });
    }
    return byLine;
  }

  async #time(step: number): Promise<void> {
    const { signal } = this.#asking;
    this.timing = { ...NOTHING_MEASURED, busy: true };
    const timing = await measured(
      this.ask((model, trace, { signal: stop }) => {
        return onGpu(model, 'Timing a step').profile(trace, { steps: [step], rounds: ROUNDS, signal: stop });
      }, signal),
    );
    if (!signal.aborted) this.timing = timing;
  }

  async #check(step: number): Promise<void> {
    const { signal } = this.#asking;
    this.accuracy = { ...NOTHING_MEASURED, busy: true };
    const accuracy = await measured(
      this.ask((model, trace) => onGpu(model, 'Checking a step').stepAccuracy(trace, step), signal),
    );
    if (!signal.aborted) this.accuracy = accuracy;
  }

  protected override updated(): void {
    const { stop, running } = this.#stepping;
    if (!stop || running || stop === this.#scrolledTo) return;
    this.#scrolledTo = stop;
    const box = this.renderRoot.querySelector('.source');
    const line = this.renderRoot.querySelectorAll('.line')[stop.line - 1];
    if (!box || !line) return;
    const [outer, inner] = [box.getBoundingClientRect(), line.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      box.scrollTop += inner.top - outer.top - outer.height / 2;
    }
  }
}

async function measured<Result>(promise: Promise<Result>): Promise<Measure<Result>> {
  try {
    return { busy: false, problem: '', result: await promise };
  } catch (error) {
    const { name, message } = error as Error;
    return { busy: false, problem: name === 'AbortError' ? 'Stopped.' : message, result: null };
  }
}

function notRun({ ran }: StepOutline, { kind }: Trace): TemplateResult | typeof nothing {
  if (ran !== null) return nothing;
  const instead =
    kind === 'reference'
      ? 'The step’s float64 reference ran, on the CPU, and no shader'
      : 'No shader has run this step';
  return html`<p class="muted">${instead}: below is what a GPU would run.</p>`;
}

function sourceTitle({ ran, fusion }: StepOutline, kernel: StepKernel | null): string {
  const variant = kernel?.variant ?? ran;
  if (ran === null) return 'WGSL that a GPU would run';
  if (variant !== ran) return `WGSL of ${variant}, which did not run here`;
  return fusion === null ? 'WGSL as run' : 'WGSL of this step alone';
}

declare global {
  interface HTMLElementTagNameMap {
    'fluoro-kernel': FluoroKernel;
  }
}
