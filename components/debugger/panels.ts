/** What the panels inside are given, whether they are the debugger's own or slotted. */
import type { ForwardProgram } from '../../src/index';

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
