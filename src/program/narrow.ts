import { FluoroscopeError } from '../errors';
import { sizeOf } from '../tensor/layout';
import type { ForwardProgram, Step, Tensor } from './program';
import { stepsFor } from './select';

/** Kernels that treat each position on its own, by the uniform that counts their rows or elements. */
const ROW_BY_ROW: Readonly<Record<string, 'rows' | 'size'>> = {
  add: 'size',
  concat: 'rows',
  edit: 'size',
  gelu: 'size',
  gelu_new: 'size',
  layernorm: 'rows',
  ln_affine: 'rows',
  ln_divide: 'rows',
  ln_scale: 'rows',
  matmul: 'rows',
  normalize: 'rows',
  relu: 'size',
  silu: 'size',
  unembed: 'rows',
};

/** The rows to take, [batch, pos]: an input of a narrowed program. */
const rowsName = (count: number): string => `rows[${count}]`;

/**
 * The same pass where its output is wanted at some positions only: what comes after the last step that mixes positions
 * runs for these alone, and its tensors have no others. Each value keeps its bits. Steps that do not lead to the output
 * are left out.
 *
 * @param positions from 0
 * @returns the program, and its inputs by name
 * @throws `slice-invalid` where the output itself mixes positions
 */
export function narrow(
  program: ForwardProgram,
  positions: readonly number[],
): { program: ForwardProgram; inputs: Readonly<Record<string, Uint32Array>> } {
  const { batch, pos, output, tensors } = program;
  const steps = stepsFor(program, [output], () => false);
  const narrowed = afterLastMix(steps, output);
  if (narrowed.size === 0) {
    throw new FluoroscopeError(
      'slice-invalid',
      `${output} cannot be computed at some positions alone: ask for all of them, or for what comes after attention.`,
    );
  }
  const count = positions.length;
  const ids = rowsName(count);
  const inside = new Set([...narrowed].flatMap((step) => Object.values(step.outputs)));
  const added: Record<string, Tensor> = {
    [ids]: { axes: ['batch', 'pos'], shape: [batch, count], role: 'input', type: 'u32' },
  };
  const fewer = (tensor: Tensor): Tensor => ({
    ...tensor,
    shape: tensor.shape.map((size, i) => (tensor.axes[i] === 'pos' ? count : size)),
  });
  const rewritten = steps.flatMap((step): Step[] => {
    const counter = ROW_BY_ROW[step.kernel];
    if (!narrowed.has(step) || !counter) return [step];
    const taken: Step[] = [];
    const inputs = Object.entries(step.inputs).map(([port, name]) => {
      const tensor = tensors[name]!;
      if (tensor.role === 'weight' || inside.has(name)) return [port, name];
      const part = `${name}[${count} rows]`;
      if (!Object.hasOwn(added, part)) {
        added[part] = { ...fewer(tensor), role: 'activation' };
        taken.push(take(name, ids, part, batch * count, batch * pos, sizeOf(tensor.shape) / (batch * pos)));
      }
      return [port, part];
    });
    const uniforms = { ...step.uniforms, [counter]: (step.uniforms[counter]! / pos) * count };
    return [...taken, { ...step, inputs: Object.fromEntries(inputs), uniforms }];
  });
  const shapes = Object.entries(tensors).map(([name, tensor]) => [name, inside.has(name) ? fewer(tensor) : tensor]);
  const rows = Array.from({ length: batch }, (_, b) => positions.map((p) => b * pos + p));
  return {
    program: { ...program, tensors: { ...Object.fromEntries(shapes), ...added }, steps: rewritten, derived: [] },
    inputs: { [ids]: Uint32Array.from(rows.flat()) },
  };
}

/** The steps from which only row-by-row steps lead to the output. */
function afterLastMix(steps: readonly Step[], output: string): Set<Step> {
  const mixed = new Set<string>();
  const found = new Set<Step>();
  for (const step of steps.toReversed()) {
    const free = Object.hasOwn(ROW_BY_ROW, step.kernel) && !Object.values(step.outputs).some((name) => mixed.has(name));
    if (free) found.add(step);
    else for (const name of Object.values(step.inputs)) mixed.add(name);
  }
  return steps.some((step) => found.has(step) && Object.values(step.outputs).includes(output)) ? found : new Set();
}

function take(table: string, ids: string, out: string, rows: number, vocab: number, model: number): Step {
  return {
    kernel: 'embed',
    inputs: { table, ids },
    outputs: { out },
    uniforms: { rows, vocab, model, first: 0 },
    about: 'Takes the rows of the positions that are asked for.',
  };
}
