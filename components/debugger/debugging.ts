import type {
  Breakpoint,
  BreakpointSpec,
  DebugSession,
  Edit,
  ForwardProgram,
  Stop,
  Trace,
  WatchFinding,
} from '../../src/index';
import { Breakpoints, FluoroscopeError, watchNonFinite } from '../../src/viewer';
import { onGpu } from '../shared/on-gpu';
import type { Ask } from '../shared/run-context';

/** What the reader did to the pass. */
export interface MadeEdit {
  readonly edit: Edit;
  /** Index of the next step when it was made: it is applied when the session goes on from there. */
  readonly at: number;
  /** What it changed, once the pass has ended. */
  readonly receipt: string | null;
}

export interface Watched {
  readonly finding: WatchFinding | null;
  /** How many steps were looked at. */
  readonly steps: number;
}

/**
 * One debug session at a time over the last pass of a `<fluoro-model>`. Each command is a question of its own, so the
 * model is free between two of them; breakpoints outlive the session.
 */
export class Debugging {
  session: DebugSession | null = null;
  /** What the session holds at its last stop. */
  trace: Trace | null = null;
  /** null before the first step. */
  stop: Stop | null = null;
  /** What is under way; empty where nothing is. */
  busy = '';
  /** What to tell beside where it stands. */
  said = '';
  problem: Error | null = null;
  edits: readonly MadeEdit[] = [];
  watched: Watched | null = null;
  /** The pass that is debugged, or would be. */
  #pass: Trace | null = null;
  #ask: Ask | null = null;
  /** The breakpoints while there is no session. */
  #kept = new Breakpoints();
  /** The session whose command the GPU is working on. */
  #working: DebugSession | null = null;
  /** Counts the sessions that were begun or ended, to know what is late. */
  #count = 0;

  constructor(private readonly onChange: () => void) {}

  /** Another pass, or none, or none that can be run: the session ends. */
  follow(pass: Trace | null, ask: Ask | null): void {
    if (pass === this.#pass && ask === this.#ask) return;
    const had = this.session !== null;
    this.end();
    this.#pass = pass;
    this.#ask = ask;
    this.problem = this.watched = null;
    if (had && pass) this.said = 'The prompt has changed, and the session has ended with it. Start debugs the new one.';
    else if (had) this.said = 'The model has gone, and the session with it.';
    if (pass) this.#keep(pass.program);
  }

  /** The program with all edits, or that of the last pass. */
  get program(): ForwardProgram {
    return this.session?.program ?? this.#pass!.program;
  }

  get breakpoints(): readonly Breakpoint[] {
    return this.session?.breakpoints ?? this.#kept.list(this.program);
  }

  get runnable(): boolean {
    return this.#ask !== null;
  }

  /** @throws as `DebugSession.break` */
  break(spec: BreakpointSpec): Breakpoint {
    return this.session ? this.session.break(spec) : this.#kept.add(this.program, spec);
  }

  unbreak(id: number): void {
    if (this.session) this.session.unbreak(id);
    else this.#kept.remove(id);
  }

  /** Begins before the first step, once more if it has begun; edits are forgotten, breakpoints are not. */
  async start(): Promise<void> {
    const shown = this.trace;
    this.end();
    this.trace = shown; // Until there is another one.
    const count = this.#count;
    await this.#question('Starting…', async (ask) => {
      await ask(async (model, { tokens }) => {
        const session = await onGpu(model, 'Stopping amid a pass').debug(tokens);
        if (count !== this.#count) {
          session.dispose();
          return;
        }
        for (const { spec } of this.#kept.list(this.program)) session.break(spec);
        this.session = session;
      });
      this.#look();
    });
    if (this.session || count !== this.#count) return;
    this.trace = null;
    this.onChange();
  }

  /** Runs, and tells where and why it stopped; at the end also what each edit did. */
  async go(act: (session: DebugSession) => Promise<Stop>): Promise<void> {
    const { session } = this;
    if (!session || this.busy) return;
    await this.#question('Running…', async (ask) => {
      const clean = this.#pass!;
      const isThere = () => this.session === session;
      try {
        this.stop = await ask(() => this.#work(session, act));
      } finally {
        if (isThere()) this.#look();
      }
      if (session.done && this.edits.length > 0) await this.#tellReceipts(session, clean, ask);
    });
  }

  /** @throws as `DebugSession.edit` */
  edit(edit: Edit): void {
    const { session } = this;
    if (!session) throw new FluoroscopeError('not-stopped', 'There is no session: press Start first.');
    session.edit(edit);
    this.edits = [...this.edits, { edit, at: session.at, receipt: null }];
  }

  /** Looks for NaN and infinities: in the whole last pass, or in what an edited session has run. */
  async watch(): Promise<void> {
    if (this.busy || !this.#pass) return;
    const trace = this.trace && this.edits.length > 0 ? this.trace : this.#pass;
    const steps = trace === this.trace ? this.session!.at : trace.program.steps.length;
    await this.#question('Looking at every value…', async (ask) => {
      const finding = await ask((model) => watchNonFinite(trace, model));
      this.watched = { finding, steps };
    });
  }

  /** Gives the session's memory back; its breakpoints are kept. */
  end(): void {
    const { session } = this;
    this.#count++;
    if (session) {
      this.#kept = new Breakpoints();
      for (const { spec } of session.breakpoints) this.#tryKeep(spec, this.#pass!.program);
    }
    this.session = this.trace = this.stop = null;
    this.edits = [];
    this.busy = '';
    if (session && this.#working !== session) session.dispose(); // Else when its command is over.
  }

  async #work<Answer>(session: DebugSession, act: (session: DebugSession) => Promise<Answer>): Promise<Answer> {
    if (this.session !== session) throw new DOMException('The session has ended.', 'AbortError');
    this.#working = session;
    try {
      return await act(session);
    } finally {
      this.#working = null;
      if (this.session !== session) session.dispose();
    }
  }

  /** Has a question asked and answered; whatever it throws is the problem to show, unless it was taken back. */
  async #question(busy: string, question: (ask: Ask) => Promise<void>): Promise<void> {
    const ask = this.#ask;
    if (!ask) return;
    const count = this.#count;
    this.busy = busy;
    this.said = '';
    this.problem = null;
    this.onChange();
    try {
      await question(ask);
    } catch (error) {
      if (count === this.#count && (error as Error).name !== 'AbortError') this.#fail(error as Error);
    }
    if (count === this.#count) this.busy = '';
    this.onChange();
  }

  /** A device that is lost takes the session with it. */
  #fail(error: Error): void {
    if (error instanceof FluoroscopeError && error.code === 'device-lost') {
      this.end();
      this.said = 'The session has ended.';
    }
    this.problem = error;
  }

  /** What there is now; a command may fail after it has come some way. */
  #look(): void {
    const { session } = this;
    this.trace = session?.trace ?? null;
    if (!session || session.at === (this.stop?.at ?? 0)) return;
    this.stop = { reason: 'step', at: session.at, step: session.at - 1 }; // What went wrong there is told apart.
  }

  async #tellReceipts(session: DebugSession, clean: Trace, ask: Ask): Promise<void> {
    const made = this.edits;
    const { toldReceipts } = await import('./receipts');
    const told = await ask(() => this.#work(session, (session) => toldReceipts(session.trace, clean)));
    this.edits = made.map((one, i) => ({ ...one, receipt: told[i]! }));
  }

  /** Breakpoints for which another program has no place go, and that is said. */
  #keep(program: ForwardProgram): void {
    const { specs } = this.#kept;
    this.#kept = new Breakpoints();
    const gone = specs.filter((spec) => !this.#tryKeep(spec, program)).length;
    if (gone > 0) this.said += ` ${gone} ${gone === 1 ? 'breakpoint has' : 'breakpoints have'} no place in this model.`;
  }

  #tryKeep(spec: BreakpointSpec, program: ForwardProgram): boolean {
    const at = typeof spec.at === 'string' ? { at: spec.at.replace(/:before\d*$/, '') } : {};
    try {
      this.#kept.add(program, { ...spec, ...at });
      return true;
    } catch (error) {
      if (error instanceof FluoroscopeError) return false;
      throw error;
    }
  }
}
