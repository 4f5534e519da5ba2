import type { Prompt, Runs, Trace } from '../../src/index';
import type { PassCost } from '../shared/run-context';
import { RunQueue } from './run-queue';

/** As much of a model as running prompts takes. */
export interface Runnable extends Runs {
  /** What the device has been asked to do so far; absent where there is none. */
  readonly counters?: PassCost;
  /** Makes ready what the next key press takes; absent where nothing has to be. */
  prepareReuse?(trace: Trace): Promise<void>;
}

export interface RunRequest {
  readonly prompt: Prompt;
  /** In the language of `--edit`. */
  readonly edits: readonly string[];
}

export interface Passed extends RunRequest {
  readonly trace: Trace;
  /** The same prompt without the edits; null where there are none. */
  readonly clean: Trace | null;
  /** null for a pass that no device has run. */
  readonly cost: PassCost | null;
}

export interface RunnerEvents {
  /** A pass is on its way. Its traces are the receiver's, who disposes those of the pass before that are not among them. */
  onPass(passed: Passed): void;
  /** The newest request failed. */
  onFailure(error: Error, request: RunRequest): void;
  /** Nothing is left to run. */
  onIdle(): void;
}

/** A prompt's pass without edits, which later ones with other edits need not run again. */
interface Held {
  readonly prompt: string;
  readonly clean: Trace;
  readonly cost: PassCost | null;
}

/** Runs requests one at a time. While a pass runs only the newest waits, so no result can overtake a newer one. */
export class PromptRunner {
  #next: RunRequest | null = null;
  #busy: Promise<void> | null = null;
  #closed = false;
  #held: Held | null = null;
  #prepared = false;

  constructor(
    private readonly model: Runnable,
    private readonly events: RunnerEvents,
    private readonly queue = new RunQueue(),
  ) {}

  run(request: RunRequest): void {
    if (this.#closed) return;
    this.#next = request;
    this.#busy ??= this.#work();
  }

  /** Resolves when the pass that is on its way has ended; after that nothing is reported. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = null;
    await this.#busy;
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // Requests of one tick are one.
    while (this.#next !== null) await this.queue.turn(() => this.#turn());
    this.#busy = null;
    if (!this.#closed) this.events.onIdle();
  }

  async #turn(): Promise<void> {
    const request = this.#next;
    if (request === null) return; // It was closed while others had their turns.
    this.#next = null;
    try {
      const { passed, held } = await this.#pass(request);
      if (this.#closed) return disposeAll([passed.trace, passed.clean], this.#held?.clean);
      this.#held = held;
      this.events.onPass(passed);
      await finished(passed.trace);
      this.#prepare(held.clean);
    } catch (error) {
      if (!this.#closed && this.#next === null) this.events.onFailure(error as Error, request);
    }
  }

  /** Once, when the first pass has been drawn: what the next key press takes is not to compete with that. */
  #prepare(trace: Trace): void {
    if (this.#prepared) return;
    this.#prepared = true;
    const whenIdle = globalThis.requestIdleCallback ?? setTimeout; // Safari has none.
    whenIdle(() => this.model.prepareReuse?.(trace).catch(() => undefined)); // Whoever goes on from it has the error.
  }

  async #pass(request: RunRequest): Promise<{ passed: Passed; held: Held }> {
    const { prompt, edits } = request;
    const key = JSON.stringify(prompt);
    const held = this.#held?.prompt === key ? this.#held : await this.#clean(key, prompt);
    const { clean } = held;
    if (edits.length === 0) return { passed: { ...request, trace: clean, clean: null, cost: held.cost }, held };
    try {
      const { pageEdits } = await import('./page-edits');
      const made = await pageEdits(this.model, clean, edits);
      const { trace, cost } = await this.#counted(() => this.model.run(clean.tokens, { edits: made }));
      return { passed: { ...request, trace, clean, cost }, held };
    } catch (error) {
      disposeAll([clean], this.#held?.clean);
      throw error;
    }
  }

  async #clean(key: string, prompt: Prompt): Promise<Held> {
    // What is typed at the end of a prompt leaves the positions before as they were.
    const before = this.#held?.clean;
    const reuse = before && !before.disposed ? { reuse: before } : {};
    const { trace, cost } = await this.#counted(() => this.model.run(prompt, reuse));
    return { prompt: key, clean: trace, cost };
  }

  async #counted(run: () => Promise<Trace>): Promise<{ trace: Trace; cost: PassCost | null }> {
    const { counters } = this.model;
    if (!counters) return { trace: await run(), cost: null };
    const { submits, dispatches } = counters;
    const since = () => ({ submits: counters.submits - submits, dispatches: counters.dispatches - dispatches });
    const running = run();
    // A shape that has run before is submitted within the call; a new one is prepared first.
    const atOnce = since();
    const trace = await running;
    return { trace, cost: atOnce.submits > 0 ? atOnce : since() };
  }
}

/** @param held belongs to whoever got the last pass */
function disposeAll(traces: readonly (Trace | null)[], held: Trace | undefined): void {
  for (const trace of traces) if (trace !== held) trace?.dispose();
}

/** Waits for the GPU: reads one number of the output. */
async function finished(trace: Trace): Promise<void> {
  const { output } = trace.program;
  const { axes } = trace.layout(output);
  await trace.read(output, Object.fromEntries(axes.map((axis) => [axis, -1])));
}
