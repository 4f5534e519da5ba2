import type { Comparison, StepKernel, StepStop, Trace, WorkgroupStepper } from '../../src/index';
import { onGpu } from '../shared/on-gpu';
import type { Question } from '../shared/run-context';

type Ask = <Answer>(question: Question<Answer>) => Promise<Answer>;

export type Action = 'step' | 'over' | 'barrier' | 'continue' | 'finish';

/** Statements of one slice: after so many the page may draw, and the reader may say stop. */
const SLICE = 20_000;

/** A workgroup on its way through the shader, and what the reader has chosen to see of it. */
export class Stepping {
  stepper: WorkgroupStepper | null = null;
  stop: StepStop | null = null;
  /** The lane whose variables are shown. */
  lane = 0;
  /** Whether a run is under way, slice by slice. */
  running = false;
  loading = false;
  comparison: Comparison | null = null;
  problem = '';
  readonly breakpoints = new Set<number>();
  #paused = false;

  constructor(
    private readonly ask: Ask,
    private readonly onChange: () => void,
  ) {}

  /** Puts a workgroup of a step on the values of the pass. */
  async load({ step, variant }: StepKernel, workgroup: readonly [number, number, number]): Promise<void> {
    this.clear();
    this.loading = true;
    this.onChange();
    try {
      const stepper = await this.ask((model, trace: Trace) => {
        return onGpu(model, 'Stepping a workgroup').stepWorkgroup(trace, step, workgroup, { variant, budget: SLICE });
      });
      this.stepper = stepper;
      this.#showBreakpoints();
      this.lane = 0;
      this.stop = { reason: 'step', line: stepper.line, lanes: stepper.front };
    } catch (error) {
      this.#fail(error as Error);
    }
    this.loading = false;
    this.onChange();
  }

  clear(): void {
    this.#paused = true;
    this.stepper = this.stop = this.comparison = null;
    this.problem = '';
  }

  toggle(line: number): void {
    if (!this.breakpoints.delete(line)) this.breakpoints.add(line);
    this.#showBreakpoints();
    this.onChange();
  }

  pause(): void {
    this.#paused = true;
  }

  reset(): void {
    this.stepper?.reset();
    this.comparison = null;
    this.problem = '';
    if (this.stepper) this.stop = { reason: 'step', line: this.stepper.line, lanes: this.stepper.front };
    this.onChange();
  }

  async act(action: Action): Promise<void> {
    const { stepper } = this;
    if (!stepper || this.running || stepper.done || this.problem) return;
    this.running = true;
    this.#paused = false;
    try {
      do {
        this.stop = advance(stepper, action);
        if (this.stop.reason !== 'budget') break;
        this.onChange();
        await new Promise((resolve) => setTimeout(resolve));
      } while (!this.#paused);
    } catch (error) {
      this.#fail(error as Error);
    }
    this.running = false;
    const { lanes = [] } = this.stop ?? {};
    if (lanes.length > 0 && !lanes.includes(this.lane)) this.lane = lanes[0]!;
    this.onChange();
    if (stepper.done) await this.#compare(stepper);
  }

  async #compare(stepper: WorkgroupStepper): Promise<void> {
    try {
      const comparison = await this.ask(() => stepper.compare());
      if (this.stepper === stepper && stepper.done) this.comparison = comparison;
    } catch (error) {
      if (this.stepper === stepper) this.#fail(error as Error);
    }
    this.onChange();
  }

  #showBreakpoints(): void {
    const { stepper } = this;
    if (!stepper) return;
    stepper.breakpoints.clear();
    for (const line of this.breakpoints) stepper.breakpoints.add(line);
  }

  #fail({ name, message }: Error): void {
    if (name !== 'AbortError') this.problem = message;
  }
}

function advance(stepper: WorkgroupStepper, action: Action): StepStop {
  switch (action) {
    case 'step':
      return stepper.step();
    case 'over':
      return stepper.stepOver();
    case 'barrier':
      return stepper.runToBarrier();
    case 'continue':
      return stepper.continue();
    case 'finish':
      return stepper.finish();
  }
}
