/** Names that someone wants to read. */
import { FluoroscopeError } from '../errors';
import { nearest } from './nearest';
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
