import { kernels } from '../kernels';
import type { ForwardProgram } from '../program/program';

/**
 * Walks the same list of steps in float64, from token ids to logits, and returns every activation by name.
 *
 * @param given the values of inputs (`tokens`, an edit's operands) and of weights, in the order in which they are stored
 */
export function runFloat64(
  program: ForwardProgram,
  given: (name: string) => ArrayLike<number>,
): Map<string, Float64Array> {
  const values = new Map<string, Float64Array>();
  const value = (name: string) => values.get(name) ?? given(name);
  for (const step of [...program.steps, ...program.derived]) {
    const inputs = Object.fromEntries(Object.entries(step.inputs).map(([port, name]) => [port, value(name)]));
    const outputs = kernels[step.kernel]!.reference(step.uniforms, inputs);
    for (const [port, name] of Object.entries(step.outputs)) values.set(name, outputs[port]!);
  }
  return values;
}
