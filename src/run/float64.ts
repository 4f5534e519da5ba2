import { kernels } from '../kernels';
import type { ForwardProgram, Step } from '../program/program';

/**
 * Walks the same list of steps in float64, from token ids to logits, and returns every activation by name.
 *
 * @param given the values of inputs (`tokens`, an edit's operands) and of weights, in the order in which they are stored
 */
export function runFloat64(
  program: ForwardProgram,
  given: (name: string) => ArrayLike<number>,
): Map<string, Float64Array> {
  const walk = walkFloat64([...program.steps, ...program.derived], given);
  for (;;) {
    const { done, value } = walk.next();
    if (done) return value;
  }
}

/**
 * The same, step by step: after each it says which one it was.
 *
 * @param given the values of all that no step here writes
 * @param keep whether a tensor is still wanted once the last step that reads it has run
 */
export function* walkFloat64(
  steps: readonly Step[],
  given: (name: string) => ArrayLike<number>,
  keep: (name: string) => boolean = () => true,
): Generator<Step, Map<string, Float64Array>> {
  const values = new Map<string, Float64Array>();
  const lastUse = new Map<string, number>();
  steps.forEach((step, i) => {
    for (const name of [...Object.values(step.inputs), ...Object.values(step.outputs)]) lastUse.set(name, i);
  });
  for (const [i, step] of steps.entries()) {
    const inputs = Object.fromEntries(
      Object.entries(step.inputs).map(([port, name]) => [port, values.get(name) ?? given(name)]),
    );
    const outputs = kernels[step.kernel]!.reference(step.uniforms, inputs);
    for (const [port, name] of Object.entries(step.outputs)) values.set(name, outputs[port]!);
    for (const name of values.keys()) if (lastUse.get(name) === i && !keep(name)) values.delete(name);
    yield step;
  }
  return values;
}
