/** What the panels inside are given, whether they are the debugger's own or slotted. */
import type { ForwardProgram, Trace } from '../../src/index';
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

/** Sets properties of elements when they are others than it has set last: what a reader chose inside stays. */
export class Giver {
  readonly #given = new WeakMap<Element, Map<string, unknown>>();

  give(root: ParentNode, slot: string, tag: string, properties: Readonly<Record<string, unknown>>): void {
    const elements = root.querySelector<HTMLSlotElement>(`slot[name="${slot}"]`)?.assignedElements({ flatten: true });
    for (const element of elements ?? []) {
      const found = element.localName === tag ? element : element.querySelector(tag);
      if (found) this.#set(found, properties);
    }
  }

  #set(element: Element, properties: Readonly<Record<string, unknown>>): void {
    const given = this.#given.get(element) ?? new Map<string, unknown>();
    this.#given.set(element, given);
    for (const [name, value] of Object.entries(properties)) {
      if (given.has(name) && given.get(name) === value) continue;
      given.set(name, value);
      Object.assign(element, { [name]: value });
    }
  }
}

/** The step of one program that is the given step of another one, which edits have rewritten; null where it has none. */
export function sameStep(step: number, from: ForwardProgram, to: ForwardProgram): number | null {
  if (from === to) return step;
  const own = (program: ForwardProgram, index: number) =>
    Object.values(program.steps[index]?.outputs ?? {})[0]?.replace(/:before\d*$/, '');
  const kernel = from.steps[step]?.kernel;
  const found = to.steps.findIndex((one, i) => one.kernel === kernel && own(to, i) === own(from, step));
  return found < 0 ? null : found;
}

/** The index of the step that writes a tensor; −1 for none. */
export function writerOf({ steps, aliases }: ForwardProgram, tensor: string): number {
  const name = Object.hasOwn(aliases, tensor) ? aliases[tensor]! : tensor;
  return steps.findIndex(({ outputs }) => Object.values(outputs).includes(name));
}
