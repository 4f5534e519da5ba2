import { FluoroscopeError } from '../errors';
import { type Axis, sizeOf } from '../tensor/layout';
import type { ForwardProgram, Step, Tensor } from './program';
import { stepsFor } from './retain';

/** Kernels that treat each position on its own, by the uniform that counts their rows or elements. */
export const ROW_BY_ROW: Readonly<Record<string, 'rows' | 'size'>> = {
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

/** Of a batch entry: at its positions before `until` it is as entry `as`, which shares with none. */
export interface Shared {
  readonly as: number;
  readonly until: number;
}

/** Which rows [batch, pos] a tensor holds: all, one of each that are shared, or those where the output is wanted. */
type Held = 'all' | 'distinct' | 'wanted';

interface Rows {
  /** Tells rows of different number apart: a run's buffers serve the next run whose tensors have the same names. */
  readonly label: string;
  readonly shape: readonly [batch: number, pos: number];
  /** Each as batch · pos + position. */
  readonly list: readonly number[];
  /** Where such a row is found among them. */
  readonly place: (row: number) => number;
}

/**
 * The same pass where its output is wanted at some positions only: what comes after the last step that mixes positions
 * runs for these alone, and its tensors have no others. Where entries share positions, as copies of a prompt do before
 * the first one that an edit changes (no position of a causal pass reads a later one), what comes before runs for these
 * once. Each value keeps its bits; where one is infinite or NaN, those at earlier positions may not. Steps that do not
 * lead to the output are left out.
 *
 * @param positions from 0
 * @param shared for each entry of the batch
 * @returns the program, and its inputs by name
 * @throws `slice-invalid` where the output itself mixes positions
 */
export function narrow(
  program: ForwardProgram,
  positions: readonly number[],
  shared?: readonly Shared[],
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
  const rowsOf = rowsHeld(batch, pos, positions, shared);
  const heldBy = (step: Step): Held => {
    if (narrowed.has(step)) return 'wanted';
    // Edits have a value for each element of the batch.
    return shared && Object.hasOwn(ROW_BY_ROW, step.kernel) && step.kernel !== 'edit' ? 'distinct' : 'all';
  };
  const held = new Map(steps.flatMap((step) => Object.values(step.outputs).map((name) => [name, heldBy(step)])));
  const fewer = (tensor: Tensor, { shape: [entries, each] }: Rows): Tensor => {
    const sizes: Partial<Record<Axis, number>> = { batch: entries, pos: each };
    return { ...tensor, shape: tensor.shape.map((size, i) => sizes[tensor.axes[i]!] ?? size) };
  };

  const added: Record<string, Tensor> = {};
  const inputs: Record<string, Uint32Array> = {};
  const rewritten = steps.flatMap((step): Step[] => {
    const to = heldBy(step);
    const rows = rowsOf[to];
    const taken: Step[] = [];
    const read = Object.entries(step.inputs).map(([port, name]) => {
      const tensor = tensors[name]!;
      const from = held.get(name) ?? 'all';
      if (tensor.role === 'weight' || from === to) return [port, name];
      const part = `${name}[${rows.label} rows]`;
      if (!Object.hasOwn(added, part)) {
        const ids = `rows[${rows.label} of ${rowsOf[from].label}]`;
        inputs[ids] ??= Uint32Array.from(rows.list, rowsOf[from].place);
        added[ids] ??= { axes: ['batch', 'pos'], shape: rows.shape, role: 'input', type: 'u32' };
        added[part] = { ...fewer(tensor, rows), role: 'activation' };
        taken.push(take(name, ids, part, rows, rowsOf[from], sizeOf(tensor.shape) / (batch * pos)));
      }
      return [port, part];
    });
    const counter = ROW_BY_ROW[step.kernel];
    const uniforms =
      to === 'all' || !counter
        ? step.uniforms
        : { ...step.uniforms, [counter]: (step.uniforms[counter]! / (batch * pos)) * rows.list.length };
    return [...taken, { ...step, inputs: Object.fromEntries(read), uniforms }];
  });
  const shapes = Object.entries(tensors).map(([name, tensor]) => {
    const rows = held.get(name);
    return [name, rows ? fewer(tensor, rowsOf[rows]) : tensor];
  });
  return {
    program: { ...program, tensors: { ...Object.fromEntries(shapes), ...added }, steps: rewritten, derived: [] },
    inputs,
  };
}

function rowsHeld(
  batch: number,
  pos: number,
  positions: readonly number[],
  shared: readonly Shared[] = [],
): Record<Held, Rows> {
  const all = Array.from({ length: batch * pos }, (_, row) => row);
  const sourceOf = (row: number) => {
    const { as, until } = shared[Math.floor(row / pos)] ?? { as: 0, until: 0 };
    return row % pos < until ? as * pos + (row % pos) : row;
  };
  const distinct = all.filter((row) => sourceOf(row) === row);
  const index = new Map(distinct.map((row, i) => [row, i]));
  const wanted = Array.from({ length: batch }, (_, b) => positions.map((p) => b * pos + p)).flat();
  return {
    all: { label: 'all', shape: [batch, pos], list: all, place: (row) => row },
    distinct: {
      label: `${distinct.length} distinct`,
      shape: [1, distinct.length],
      list: distinct,
      place: (row) => index.get(sourceOf(row))!,
    },
    wanted: {
      label: `${positions.length}`,
      shape: [batch, positions.length],
      list: wanted,
      place: (row) => wanted.indexOf(row),
    },
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

function take(table: string, ids: string, out: string, to: Rows, from: Rows, width: number): Step {
  return {
    kernel: 'embed',
    inputs: { table, ids },
    outputs: { out },
    uniforms: { rows: to.list.length, vocab: from.list.length, model: width, first: 0 },
    about: 'Takes the rows that the next step is computed for.',
  };
}
