import type { Trace } from '../../src/index';
import type { PassCost } from '../shared/run-context';

/** As much of a model as running prompts takes. */
export interface Runnable {
  /** What the device has been asked to do so far. */
  readonly counters: PassCost;
  run(prompt: string): Promise<Trace>;
}

export interface RunnerEvents {
  /** A pass is on its way; the receiver owns the trace and disposes it. */
  onTrace(trace: Trace, prompt: string, cost: PassCost): void;
  /** The newest prompt failed. */
  onFailure(error: Error, prompt: string): void;
  /** Nothing is left to run. */
  onIdle(): void;
}

/** Runs prompts one at a time. While a pass runs only the newest prompt waits, so no result can overtake a newer one. */
export class PromptRunner {
  #next: string | null = null;
  #busy: Promise<void> | null = null;
  #closed = false;

  constructor(
    private readonly model: Runnable,
    private readonly events: RunnerEvents,
  ) {}

  run(prompt: string): void {
    if (this.#closed) return;
    this.#next = prompt;
    this.#busy ??= this.#work();
  }

  /** Resolves when the pass that is on its way has ended; after that nothing is reported. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = null;
    await this.#busy;
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // Prompts of one tick are one prompt.
    while (this.#next !== null) {
      const prompt = this.#next;
      this.#next = null;
      try {
        const { trace, cost } = await this.#pass(prompt);
        if (this.#closed) {
          trace.dispose();
          break;
        }
        this.events.onTrace(trace, prompt, cost);
        await finished(trace);
      } catch (error) {
        if (!this.#closed && this.#next === null) this.events.onFailure(error as Error, prompt);
      }
    }
    this.#busy = null;
    if (!this.#closed) this.events.onIdle();
  }

  async #pass(prompt: string): Promise<{ trace: Trace; cost: PassCost }> {
    const { counters } = this.model;
    const { submits, dispatches } = counters;
    const since = () => ({ submits: counters.submits - submits, dispatches: counters.dispatches - dispatches });
    const running = this.model.run(prompt);
    // A shape that has run before is submitted within the call; a new one is prepared first.
    const atOnce = since();
    const trace = await running;
    return { trace, cost: atOnce.submits > 0 ? atOnce : since() };
  }
}

/** Waits for the GPU: reads one number of the output. */
async function finished(trace: Trace): Promise<void> {
  const { output } = trace.program;
  const { axes } = trace.layout(output);
  await trace.read(output, Object.fromEntries(axes.map((axis) => [axis, -1])));
}
