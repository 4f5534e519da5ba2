/** What of a program runs, and what of it stays. */
import { FluoroscopeError } from '../errors';
import { show } from '../tensor/show';
import type { ForwardProgram, Step } from './program';
import { known } from './select';

/**
 * What stays readable without a replay: everything, some tensors by name and the output, or the residual streams alone. With
 * these logits are computed when they are read, at the positions that are read: they are as wide as the vocabulary.
 */
export type Retain = 'all' | 'checkpoints' | readonly string[];

/**
 * The tensors behind a `retain` option, without aliases.
 *
 * @throws `tensor-unknown`, `usage`
 */
export function retained(program: ForwardProgram, retain: Retain): Set<string> {
  const activations = Object.keys(program.tensors).filter(
    (name) => program.tensors[name]!.role === 'activation' && !isPart(name),
  );
  if (retain === 'all') return new Set(activations);
  if (retain === 'checkpoints') {
    const streams = activations.filter((name) => /hook_resid_(pre|mid|post)$/.test(name));
    const logits = streams.length > 0 && program.tensors[program.output]!.axes.includes('vocab');
    return new Set(logits ? streams : [...streams, program.output]);
  }
  if (!Array.isArray(retain) || retain.some((name) => typeof name !== 'string')) {
    throw new FluoroscopeError('usage', `retain is ${show(retain)}, expected 'all', 'checkpoints' or a list of names.`);
  }
  return new Set([...retain.map((name) => known(program, name)), program.output]);
}

/** Whether it is no more than the later positions of a tensor, which has them too (`extend`). */
const isPart = (name: string) => name.endsWith('[later]');

/** The steps that lead from what is available to the targets, in order. */
export function stepsFor(
  program: ForwardProgram,
  targets: Iterable<string>,
  available: (name: string) => boolean,
): Step[] {
  const writer = new Map<string, Step>();
  const all = [...program.steps, ...program.derived];
  for (const step of all) for (const name of Object.values(step.outputs)) writer.set(name, step);
  const needed = new Set<Step>();
  const visit = (name: string): void => {
    const step = writer.get(name);
    if (!step || available(name) || needed.has(step)) return;
    needed.add(step);
    Object.values(step.inputs).forEach(visit);
  };
  for (const target of targets) visit(target);
  return all.filter((step) => needed.has(step));
}
