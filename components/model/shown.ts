import type { Prompt, Trace } from '../../src/index';
import type { Ask, PassCost } from '../shared/run-context';
import type { Questions } from './questions';

export interface ShownPass {
  readonly trace: Trace;
  readonly clean: Trace | null;
  readonly cost: PassCost | null;
  /** null for a recording. */
  readonly prompt: Prompt | null;
  readonly edits: readonly string[];
}

/** The pass that is shown, and the questions about it. */
export class Shown implements ShownPass {
  readonly trace: Trace;
  readonly clean: Trace | null;
  readonly cost: PassCost | null;
  readonly prompt: Prompt | null;
  readonly edits: readonly string[];
  readonly #questions: Questions | null;

  constructor({ trace, clean, cost, prompt, edits }: ShownPass, questions: Questions | null) {
    this.trace = trace;
    this.clean = clean;
    this.cost = cost;
    this.prompt = prompt;
    this.edits = edits;
    this.#questions = questions;
  }

  get ask(): Ask | null {
    return this.#questions?.ask ?? null;
  }

  /**
   * Stops the questions and disposes the traces.
   *
   * @param next is shown from now on, and keeps those that it shows too
   */
  async close(next: ShownPass | null): Promise<void> {
    const kept = [next?.trace, next?.clean];
    await this.#questions?.close();
    for (const trace of [this.trace, this.clean]) if (trace && !kept.includes(trace)) trace.dispose();
  }
}
