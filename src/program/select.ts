/** Names that someone wants to read. */
import { FluoroscopeError } from '../errors';
import { type ForwardProgram, hookNames, resolve } from './program';

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
