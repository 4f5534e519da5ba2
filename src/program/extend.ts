/**
 * The same pass where an earlier one, over tokens that begin alike, has done the first positions: in a causal model these
 * do not change. Only the later positions are computed; each tensor is then joined from both. The joined values have the
 * bits of the whole pass, as far as the shaders compute each position on its own.
 */
import { type Axis, sizeOf } from '../tensor/layout';
import { MASKED } from '../tensor/masked';
import { earlier, later } from './extended-names';
import { ROW_BY_ROW } from './narrow';
import type { ForwardProgram, Step, Tensor } from './program';

export interface Extension {
  readonly program: ForwardProgram;
  /** Token ids and positions of the later part. */
  readonly inputs: Readonly<Record<string, Uint32Array>>;
}

/**
 * @param program of the whole prompt, causal and without edits
 * @param tokens [batch][pos]
 * @param old positions that the earlier pass had, of which the first `past` are taken
 */
export function extend(
  program: ForwardProgram,
  tokens: readonly (readonly number[])[],
  old: number,
  past: number,
): Extension {
  const { batch, pos } = program;
  const fresh = pos - past;
  // Filled one by one: to spread a second large object into it takes Node 20 the square of its names.
  const tensors: Record<string, Tensor> = { ...program.tensors };
  const sized = (tensor: Tensor, sizes: Partial<Record<Axis, number>>, role: Tensor['role']): Tensor => ({
    ...tensor,
    role,
    shape: tensor.shape.map((size, i) => sizes[tensor.axes[i]!] ?? size),
  });

  const joins = new Map<string, Step>();
  const whole = new Map<string, string>();
  const computing = program.steps.map((step): Step => {
    const outputs = Object.fromEntries(Object.entries(step.outputs).map(([port, name]) => [port, later(name)]));
    for (const name of Object.values(step.outputs)) {
      const tensor = tensors[name]!;
      const before = tensor.axes.includes('query') ? { query: old, key: old } : { pos: past };
      tensors[earlier(name)] = sized(tensor, before, 'input');
      tensors[later(name)] = sized(tensor, { pos: fresh, query: fresh }, 'activation');
      whole.set(later(name), name);
      joins.set(name, join(name, tensor, { batch, old, past, fresh, pos }));
    }
    return { ...step, ...computed(step, program, fresh), outputs };
  });
  // All that wait are joined together, where a step reads one of them: copies interrupt what runs, once a layer.
  const waiting = new Set<string>();
  const take = (names: Iterable<string>) => [...names].filter((name) => waiting.delete(name)).map((n) => joins.get(n)!);
  const joinedInTime = computing.flatMap((step) => {
    const joined = Object.values(step.inputs).some((name) => waiting.has(name)) ? take(waiting) : [];
    for (const name of Object.values(step.outputs)) waiting.add(whole.get(name)!);
    return [...joined, step];
  });
  const steps = [...joinedInTime, ...take(waiting)];
  const ids = tokens.flatMap((list) => list.slice(past));
  const places = tokens.flatMap(() => Array.from({ length: fresh }, (_, i) => past + i));
  for (const name of ['tokens', 'positions']) {
    tensors[later(name)] = { axes: ['batch', 'pos'], shape: [batch, fresh], role: 'input', type: 'u32' };
  }
  return {
    program: { ...program, tensors, steps, goesOn: { old, past } },
    inputs: { [later('tokens')]: Uint32Array.from(ids), [later('positions')]: Uint32Array.from(places) },
  };
}

/** The step for the later positions alone. Keys and values it reads joined. */
function computed(step: Step, { batch, pos, tensors }: ForwardProgram, fresh: number): Omit<Step, 'outputs' | 'about'> {
  const { kernel, inputs, uniforms } = step;
  const ofLater = (name: string) => (tensors[name]!.role === 'weight' ? name : later(name));
  const each = Object.fromEntries(Object.entries(inputs).map(([port, name]) => [port, ofLater(name)]));
  const variant = step.variant === undefined ? {} : { variant: step.variant };
  const rows = batch * fresh;
  switch (kernel) {
    case 'embed':
      return { kernel, ...variant, inputs: each, uniforms: { ...uniforms, rows } };
    case 'pos_embed': {
      const { n_ctx, model } = uniforms as Record<'n_ctx' | 'model', number>;
      const read = { table: inputs.table!, ids: later('positions') };
      return { kernel: 'embed', ...variant, inputs: read, uniforms: { rows, vocab: n_ctx, model, first: 0 } };
    }
    case 'attn_scores':
      return { kernel, ...variant, inputs: { ...each, k: inputs.k! }, uniforms: { ...uniforms, query: fresh } };
    case 'attn_mix':
      return { kernel, ...variant, inputs: { ...each, v: inputs.v! }, uniforms: { ...uniforms, query: fresh } };
    case 'softmax':
      return { kernel, ...variant, inputs: each, uniforms: { ...uniforms, rows: (uniforms.rows! / pos) * fresh } };
    default: {
      const counter = ROW_BY_ROW[kernel];
      if (!counter) throw new Error(`${kernel} has no way to go on from an earlier pass`);
      const counted = (uniforms[counter]! / (batch * pos)) * rows;
      return { kernel, ...variant, inputs: each, uniforms: { ...uniforms, [counter]: counted } };
    }
  }
}

type Sizes = Readonly<Record<'batch' | 'old' | 'past' | 'fresh' | 'pos', number>>;

function join(name: string, { axes, shape }: Tensor, { batch, ...sizes }: Sizes): Step {
  const about = `Joins ${sizes.past} positions of the earlier pass and ${sizes.fresh} of this one.`;
  const wired = {
    inputs: { earlier: earlier(name), later: later(name) },
    outputs: { out: name },
    about,
    variant: 'clear',
  };
  if (axes.includes('query')) {
    const fill = name.endsWith('attn_scores') ? MASKED : 0;
    return {
      kernel: 'extend_keys',
      ...wired,
      uniforms: { heads: batch * shape[axes.indexOf('head')]!, ...sizes, fill },
    };
  }
  const width = sizeOf(shape) / (batch * sizes.pos);
  return { kernel: 'extend_rows', ...wired, uniforms: { batch, ...sizes, old: sizes.past, width } };
}
