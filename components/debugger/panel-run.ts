/** The run that the panels see, whether they are the debugger's own or slotted. */
import type { Trace } from '../../src/index';
import type { RunView } from '../shared/run-context';

/** What the elements inside see where there is no `<fluoro-model>`. */
export const NO_RUN: RunView = {
  state: 'idle',
  trace: null,
  cost: null,
  showing: null,
  edits: [],
  clean: null,
  tracePrompt: null,
  prompt: undefined,
  promptError: null,
  error: null,
  contextLength: null,
  tokenText: null,
  tokenizer: null,
  endOfText: null,
  ask: null,
  load: null,
  reload: null,
};

/** The run that the panels see: a stopped pass in place of the last one. The same object while nothing has changed. */
export class PanelRun {
  #given: readonly unknown[] = [];
  #view = NO_RUN;

  view(run: RunView, trace: Trace | null, runnable: boolean): RunView {
    const given = [run, trace, runnable];
    if (given.every((one, i) => one === this.#given[i])) return this.#view;
    const old = this.#given;
    this.#given = given;
    const { ask } = run;
    const same = old[1] === trace && (old[0] as RunView | undefined)?.ask === ask && old[2] === runnable;
    const asked: RunView['ask'] =
      ask && trace && runnable
        ? same
          ? this.#view.ask
          : (question, options) => ask((model, _, given) => question(model, trace, given), options)
        : null;
    return (this.#view = { ...run, trace, ask: asked });
  }
}
