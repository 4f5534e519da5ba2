import { FluoroscopeError } from '../errors';
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { stepsFor } from '../program/retain';
import type { StopView } from '../trace/live';

/** What a trace may show of a program of which the steps before `at` have run. */
export function stopView(program: ForwardProgram, at: number, release: () => void): StopView {
  const { steps, tensors } = program;
  const written = new Set(steps.slice(0, at).flatMap(({ outputs }) => Object.values(outputs)));
  const isReady = (tensor: string): boolean => {
    const { role } = tensors[tensor]!;
    if (role === 'activation') return written.has(tensor);
    // A derived tensor's own steps run when it is read; an edit's operand comes with its edit.
    return nextNeeded(tensor) < 0;
  };
  /** The last step that has yet to run before the tensor can be read, or −1. */
  const nextNeeded = (tensor: string): number => {
    if (tensors[tensor]!.role === 'input') {
      const reader = steps.findIndex(({ inputs }) => Object.values(inputs).includes(tensor));
      return reader < at ? -1 : reader;
    }
    const needed = new Set(stepsFor(program, [tensor], (name) => written.has(name)));
    return steps.findLastIndex((step) => needed.has(step));
  };
  return {
    names: hookNames(program).filter((name) => isReady(resolve(program, name))),
    release,
    ready(tensor) {
      if (isReady(tensor)) return;
      const step = nextNeeded(tensor);
      const { kernel, outputs } = steps[step]!;
      const place = Object.values(outputs).find((name) => name === tensor) ?? Object.values(outputs)[0]!;
      throw new FluoroscopeError(
        'not-yet-run',
        `${tensor} is not there yet: it takes step ${step} ${kernel}, and the session stands before step ${at}. Run to ${place} first.`,
      );
    },
  };
}
