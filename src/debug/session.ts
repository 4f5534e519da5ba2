import { FluoroscopeError } from '../errors';
import { checkOptions } from '../model/passes';
import { checkProgram } from '../program/check';
import { checkEdit, checkEdits } from '../program/check-edits';
import { type Edit, type EditedProgram, editProgram } from '../program/edits';
import { type ForwardProgram, resolve } from '../program/program';
import { known } from '../program/select';
import { splitNorms } from '../program/split-norms';
import type { Execution } from '../run/execution';
import type { Runner } from '../run/runner';
import type { Index } from '../tensor/layout';
import { LiveTrace } from '../trace/live';
import type { RunInfo, Trace } from '../trace/trace';
import { type Breakpoint, type BreakpointSpec, Breakpoints, type Fired } from './breakpoints';
import { checkRead } from './check-read';
import { indexOf, placesOf } from './places';
import { stopView } from './stop-view';

export interface DebugOptions {
  /** Edits from the start, as in `RunOptions`. */
  readonly edits?: readonly Edit[];
  readonly breakpoints?: readonly BreakpointSpec[];
}

/** Why and where a session stands. */
export interface Stop {
  /** `step`: it has gone as far as it was told. */
  readonly reason: 'step' | 'breakpoint' | 'condition' | 'end';
  /** Index of the next step; the number of steps at the end. */
  readonly at: number;
  /** The step that has just run. */
  readonly step?: number;
  /** What a condition holds of, or what a step wrote that a breakpoint names. */
  readonly tensor?: string;
  /** Where a condition holds: an element, or a row by the axes before its last. */
  readonly index?: Index;
  /** What is there: the element, or the row's sum. */
  readonly value?: number;
  readonly breakpoint?: Breakpoint;
}

/** What a session needs of a model and a prompt. */
export interface Subject {
  readonly runner: Runner;
  readonly program: ForwardProgram;
  /** [batch][pos] */
  readonly tokens: readonly (readonly number[])[];
  readonly labels: readonly (readonly string[])[];
  readonly info: RunInfo;
}

/**
 * One forward pass that runs as far as it is told. At a stop the GPU has run the steps before `at` and no other; every
 * tensor that they wrote is readable, with the bits of a pass without stops. Dispose it: it holds a buffer per tensor.
 */
export class DebugSession {
  readonly #breakpoints = new Breakpoints();
  readonly #views: LiveTrace[] = [];
  #at = 0;
  /** The program as far as its edits have run. */
  #base: ForwardProgram;
  /** Edits whose edit step has not run: they rewrite the base. */
  #pending: readonly Edit[] = [];
  #edited: EditedProgram;
  /** What the execution was made for. */
  #wired: EditedProgram;
  #moving = false;
  /** Whether the execution is being made over for what edits have rewritten: its buffers are on their way. */
  #rewiring = false;
  #disposed = false;

  private constructor(
    private readonly subject: Subject,
    private readonly edits: Edit[],
    edited: EditedProgram,
    base: ForwardProgram,
    private execution: Execution,
  ) {
    this.#base = base;
    this.#pending = [...edits];
    this.#edited = this.#wired = edited;
    this.#look();
  }

  /** @throws as `Model.run` for edits, as `break` for breakpoints */
  static async open(subject: Subject, options: DebugOptions): Promise<DebugSession> {
    const { edits = [], breakpoints = [] } = checkOptions(options);
    const { runner, program, tokens } = subject;
    checkEdits(edits);
    const base = split(program, edits, 0);
    const edited = rewrite(base, edits, 0);
    const inputs = { tokens: Uint32Array.from(tokens.flat()), ...edited.inputs };
    const list = new Breakpoints();
    for (const spec of breakpoints) list.add(edited.program, spec); // refused before anything is allocated
    const execution = await runner.begin(edited.program, inputs);
    const session = new DebugSession(subject, [...edits], edited, base, execution);
    for (const spec of breakpoints) session.break(spec);
    return session;
  }

  /** The program with all edits, also those that are applied when it goes on. */
  get program(): ForwardProgram {
    return this.#edited.program;
  }

  /** Index of the step that runs next; the number of steps at the end. */
  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at === this.program.steps.length;
  }

  /**
   * What the pass holds at this stop: another object at each, all readable until the session is disposed. Reading what
   * no step has written yet throws `not-yet-run`.
   */
  get trace(): Trace {
    this.#assertAlive();
    return this.#views.at(-1)!;
  }

  get breakpoints(): readonly Breakpoint[] {
    return this.#breakpoints.list(this.program);
  }

  /** @throws `tensor-unknown` with the nearest names, `breakpoint-invalid`, `condition-invalid`, `disposed` */
  break(spec: BreakpointSpec): Breakpoint {
    this.#assertAlive();
    return this.#breakpoints.add(this.program, spec);
  }

  /** @throws `breakpoint-invalid` */
  unbreak(id: number): void {
    this.#breakpoints.remove(id);
  }

  /**
   * Runs so many steps, fewer where a breakpoint stops it.
   *
   * @throws `usage`, `predicate-failed`, `device-lost`, `out-of-memory`, `not-stopped`, `disposed`, also where the model
   * was; the session can go on from where it stands unless the device is lost or one of them is disposed
   */
  async step(count = 1): Promise<Stop> {
    if (Number.isInteger(count) && count > 0) return this.#go(() => this.#at + count);
    throw new FluoroscopeError('usage', `The number of steps is ${count}, expected a whole number from 1 on.`);
  }

  /** Runs to the next breakpoint or to the end. @throws as `step` */
  async continue(): Promise<Stop> {
    return this.#go(() => this.program.steps.length);
  }

  /**
   * Runs to before a step, by its index, or to after the step that writes a tensor; a breakpoint may stop it earlier.
   *
   * @throws as `step`, `tensor-unknown`, `breakpoint-invalid` for a place that lies behind
   */
  async runTo(place: number | string): Promise<Stop> {
    const places = placesOf(this.program, place);
    const indices = places.map((at) => indexOf(this.program, at)).filter((index) => index >= this.#at);
    if (indices.length > 0) return this.#go(() => Math.min(...indices));
    throw new FluoroscopeError(
      'breakpoint-invalid',
      `The session stands before step ${this.#at} and cannot go back to ${typeof place === 'number' ? `step ${place}` : place}. Debug the prompt again.`,
    );
  }

  /**
   * Edits what the steps to come read; it is applied when the session goes on. Steps that have run keep what they have
   * read, which stays readable as `beforeEdit(name)`.
   *
   * @throws `tensor-unknown`, `slice-invalid`, `edit-invalid` also where no later step reads it, `not-stopped`,
   * `disposed`; then nothing has changed
   */
  edit(edit: Edit): void {
    this.#assertStopped();
    checkEdit(edit);
    const pending = [...this.#pending, edit];
    const { program } = this;
    const stands = this.#pending.some(({ at }) => resolve(program, at) === resolve(program, edit.at));
    if (!stands) checkRead(this.#base, edit, this.#at);
    const base = split(this.#base, pending, this.#at);
    const edited = rewrite(base, pending, this.#at);
    const before = inverse(this.#edited.renamed);
    this.#breakpoints.follow((name) => {
      const original = before.get(name) ?? name;
      return edited.renamed.get(original) ?? original;
    });
    this.#base = base;
    this.#pending = pending;
    this.#edited = edited;
    this.edits.push(edit);
  }

  /**
   * Runs to the end, whatever breakpoints there are.
   *
   * @returns the whole pass's trace; disposing it disposes the session
   * @throws as `step`
   */
  async finish(): Promise<Trace> {
    await this.#go(() => this.program.steps.length, false);
    return this.trace;
  }

  /** Gives the memory back; its traces cannot be read any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const view of this.#views) view.dispose();
    if (!this.#rewiring) this.subject.runner.release(this.execution); // else what it becomes is released then
  }

  async #go(target: () => number, stops = true): Promise<Stop> {
    this.#assertStopped();
    this.#moving = true;
    try {
      await this.#rewire();
      const to = Math.min(target(), this.program.steps.length);
      while (this.#at < to) {
        const next = stops ? this.#breakpoints.next(this.program, this.#at, to) : to;
        await this.#advance(next);
        const stop = stops ? await this.#stopHere() : null;
        if (stop) return stop;
      }
      return this.#stop(this.done ? 'end' : 'step');
    } finally {
      this.#moving = false;
    }
  }

  /** Makes the execution ready for what edits have rewritten. */
  async #rewire(): Promise<void> {
    if (this.#wired === this.#edited) return;
    const { program, inputs, renamed } = this.#edited;
    const original = inverse(renamed);
    const theirs = this.#wired;
    // The two were rewritten from one program: its tensors bear one name here and maybe another there.
    const was = (name: string): string | undefined => {
      const given = original.get(name) ?? (renamed.has(name) ? undefined : name);
      if (given !== undefined) return theirs.renamed.get(given) ?? given;
      return theirs.renamed.has(name) ? name : undefined; // the output of an edit step that is there already
    };
    const wired = this.#edited;
    const { runner } = this.subject;
    this.#rewiring = true;
    try {
      this.execution = await runner.rewritten(this.execution, program, inputs, was);
      this.#wired = wired;
    } finally {
      this.#rewiring = false;
      if (this.#disposed) runner.release(this.execution);
    }
    this.#assertAlive();
  }

  /** Runs up to a step and waits until the GPU is there. */
  async #advance(to: number): Promise<void> {
    const from = this.#at;
    this.subject.runner.assertAlive();
    this.execution.advance(to);
    await this.subject.runner.gpu.settled();
    this.#assertAlive();
    this.#at = to;
    this.#settle(from);
    this.#look();
  }

  /** Edits whose step has run belong to the program from now on. */
  #settle(from: number): void {
    const { program } = this.#edited;
    const written = new Set(program.steps.slice(0, this.#at).flatMap(({ outputs }) => Object.values(outputs)));
    const hasRun = ({ at }: Edit) => written.has(resolve(program, at));
    const run = this.#pending.filter(hasRun);
    if (run.length === 0) return;
    this.#base = rewrite(this.#base, run, from).program;
    this.#pending = this.#pending.filter((edit) => !hasRun(edit));
    this.#edited = this.#wired = rewrite(this.#base, this.#pending, this.#at);
  }

  /** A view of what there is to be read now. */
  #look(): void {
    const { runner, tokens, labels, info } = this.subject;
    this.#views.at(-1)?.rest();
    const release = () => {
      if (this.done && view === this.#views.at(-1)) this.dispose();
    };
    const stop = stopView(this.program, this.#at, release);
    const edits = [...this.edits];
    const view: LiveTrace = new LiveTrace(runner, this.execution, this.program, info, tokens, labels, edits, stop);
    this.#views.push(view);
  }

  async #stopHere(): Promise<Stop | null> {
    const trace = this.#views.at(-1)!;
    const read = async (tensor: string) => (await trace.read(tensor)).data;
    const fired = await this.#breakpoints.fired(this.program, this.#at - 1, read);
    this.#assertAlive();
    if (fired) return this.#stop('condition', fired);
    const breakpoint = this.#breakpoints.at(this.program, this.#at);
    return breakpoint ? this.#stop('breakpoint', { breakpoint, hit: null }) : null;
  }

  #stop(reason: Stop['reason'], fired?: Fired & { readonly tensor?: string }): Stop {
    const named = fired?.breakpoint.spec.at;
    const tensor = fired?.tensor ?? (reason === 'breakpoint' && typeof named === 'string' ? this.#named(named) : null);
    return {
      reason,
      at: this.#at,
      ...(this.#at > 0 && { step: this.#at - 1 }),
      ...(tensor && { tensor }),
      ...fired?.hit,
      ...(fired && { breakpoint: fired.breakpoint }),
    };
  }

  /** What the steps on either side of the stop write of what a breakpoint names. */
  #named(at: string): string | null {
    const { steps } = this.program;
    const here = steps.slice(Math.max(0, this.#at - 1), this.#at + 1).flatMap(({ outputs }) => Object.values(outputs));
    if (!at.includes('*')) return known(this.program, at);
    return placesOf(this.program, at).find(({ tensor }) => here.includes(tensor))?.tensor ?? null;
  }

  #assertStopped(): void {
    this.#assertAlive();
    this.subject.runner.assertAlive(); // the weights are gone with their model
    if (!this.#moving) return;
    throw new FluoroscopeError(
      'not-stopped',
      'The session is on its way. Await step, continue, runTo or finish first.',
    );
  }

  #assertAlive(): void {
    if (!this.#disposed) return;
    throw new FluoroscopeError('disposed', 'This debug session was disposed. Debug the prompt again.');
  }
}

/** The program with separate steps for the norms in whose middle an edit falls, so that it stays so once it has run. */
function split(program: ForwardProgram, edits: readonly Edit[], at: number): ForwardProgram {
  return splitNorms(program, new Set(edits.map((edit) => known(program, edit.at))), at);
}

function rewrite(program: ForwardProgram, edits: readonly Edit[], at: number): EditedProgram {
  const edited = editProgram(program, edits, at);
  if (edits.length > 0) checkProgram(edited.program);
  return edited;
}

function inverse(names: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...names].map(([from, to]) => [to, from]));
}
