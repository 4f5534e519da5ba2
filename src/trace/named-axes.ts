/** What shows a trace finds tensors by TransformerLens's names, and relies on the axes that go with them. */
import { type ForwardProgram, hookNames, resolve } from '../program/program';
import { type Axis, describeLayout } from '../tensor/layout';

/** By the axes, the names after `hook_` that have them. */
const NAMED = {
  'batch pos model': '(pos_)?embed|resid_\\w+|(attn|mlp)_out|normalized|(?<!unembed.hook_)out',
  'batch pos head dim': '[qkvz]',
  'batch pos head model': 'result',
  'batch head query key': 'attn_scores|pattern',
  'batch pos neuron': 'pre|post',
  'batch pos one': 'scale',
};

/**
 * Verifies that hooks have the axes that their names say, each axis of one size throughout, as long as the prompt where it
 * runs over the prompt; and that the output is logits. Of other names only the prompt's axes are known.
 *
 * @returns what is wrong, naming the tensor, its layout and what was expected; nothing if all is well
 */
export function misnamed(program: ForwardProgram): string | undefined {
  const { batch, pos, tensors, output } = program;
  const prompt: Partial<Record<Axis, number>> = { batch, pos, query: pos, key: pos, one: 1 };
  const all = { ...prompt };
  for (const name of [...hookNames(program), output]) {
    const layout = tensors[resolve(program, name)]!;
    const is = ([, hooks]: string[]) => RegExp(`hook_(${hooks})(:|$)`).test(name);
    const named = name === output ? 'batch pos vocab' : Object.entries(NAMED).find(is)?.[0];
    const axes = (named?.split(' ') ?? layout.axes) as Axis[];
    const sizes = named ? all : { ...prompt };
    const shape = axes.map((axis) => (sizes[axis] ??= layout.shape[layout.axes.indexOf(axis)] ?? ('any' as never)));
    const [got, expected] = [layout, { axes, shape }].map(describeLayout);
    if (got !== expected) return `${name} is ${got}, expected ${expected}`;
  }
  return undefined;
}
