import { FluoroscopeError } from '../errors';
import { type ForwardProgram, hookNames, resolve, type Step } from './program';

/** What stays readable without a replay: everything, some tensors by name, or the residual streams. */
export type Retain = 'all' | 'checkpoints' | readonly string[];

/**
 * The tensors behind a `retain` option, without aliases; the output is always among them.
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
    return new Set([...streams, program.output]);
  }
  if (!Array.isArray(retain)) {
    throw new FluoroscopeError('usage', `retain is ${retain}, expected 'all', 'checkpoints' or a list of names.`);
  }
  return new Set([...retain.map((name) => known(program, name)), program.output]);
}

/** Whether it is no more than the later positions of a tensor, which has them too (`extend`). */
const isPart = (name: string) => name.endsWith('[later]');

/**
 * The activation, derived tensor or edit's operand behind a name that someone wants to read.
 *
 * @throws `tensor-unknown`, with the nearest names
 */
export function known(program: ForwardProgram, name: string): string {
  const tensor = resolve(program, name);
  const role = Object.hasOwn(program.tensors, tensor) ? program.tensors[tensor]!.role : undefined;
  if (role === 'activation' || role === 'derived' || (role === 'input' && tensor !== 'tokens')) return tensor;
  if (role === 'weight') throw new FluoroscopeError('tensor-unknown', `${name} is a weight: model.weight reads it.`);
  if (tensor === 'tokens') throw new FluoroscopeError('tensor-unknown', `${name} is the input: trace.tokens has it.`);
  const near = nearest(name, hookNames(program));
  throw new FluoroscopeError(
    'tensor-unknown',
    `This program has no tensor named ${name}. Near it: ${near.join(', ')}.`,
  );
}

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

/** The names that share the longest runs of letters with what was asked for. */
export function nearest(name: string, names: readonly string[], count = 3): string[] {
  const pairs = (text: string) =>
    new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)));
  const wanted = pairs(name);
  const score = (candidate: string) => {
    const found = pairs(candidate);
    return [...wanted].filter((pair) => found.has(pair)).length / (wanted.size + found.size);
  };
  const scores = new Map(names.map((candidate) => [candidate, score(candidate)]));
  return [...names].sort((a, b) => scores.get(b)! - scores.get(a)!).slice(0, count);
}
