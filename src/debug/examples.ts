/** Small problems of odd sizes for any kernel of ours: what a user's shader is tried on before it runs in a model. */
import { type Kernel, portSize, type Uniforms } from '../kernels/kernel';
import { MASKED } from '../tensor/masked';
import { HOSTILE, type Numbers, numbers } from './numbers';
import type { Inputs } from './uninitialised';

export interface Example {
  readonly uniforms: Uniforms;
  readonly inputs: Inputs;
  /** What is special about the inputs; nothing for plain ones. */
  readonly about: string;
}

/** Sizes of a dimension while another one is large. */
const SMALL = [5, 7, 2, 3, 3] as const;
const LARGE = [65, 257] as const;

/** What no size says (eps, the scale of scores, causality, a table's first id, what fills in): as models have it, then otherwise. */
const PARAMETERS: readonly Readonly<Record<string, number>>[] = [
  { eps: 1e-5, scale: 0.37, causal: 1, first: 0, fill: 0 },
  { eps: 0.1, scale: 1.7, causal: 0, first: 2, fill: -3 },
];

/** How many of the examples, from the first on, are so small that an interpreter is done with them at once. */
export const SMALLEST = 3;

/**
 * All dimensions 1, all 3, small odd ones; each in turn just over a workgroup and several tiles, the others 1; each in
 * turn just over one and four workgroups, the others small; other parameters; hostile values.
 */
export function examplesOf(kernel: Kernel): Example[] {
  const dimensions = dimensionsOf(kernel);
  const all = (size: number) => dimensions.map(() => size);
  const small = dimensions.map((_, i) => SMALL[i % SMALL.length]!);
  const eachIn = (sizes: readonly number[], large: number) =>
    dimensions.map((_, at) => sizes.map((size, i) => (i === at ? large : size)));
  const example = (sizes: readonly number[], seed: number, parameters = PARAMETERS[0]!): Example => {
    const uniforms = uniformsOf(kernel, Object.fromEntries(dimensions.map((name, i) => [name, sizes[i]!])), parameters);
    return { uniforms, inputs: inputsOf(kernel, uniforms, numbers(seed + 1)), about: '' };
  };
  const few = [all(1), all(3), small, ...(dimensions.length > 1 ? eachIn(all(1), LARGE[0]) : [])];
  const large = dimensions.flatMap((_, at) => LARGE.map((size) => eachIn(small, size)[at]!));
  const plain = [...few, ...large].map((sizes, seed) => example(sizes, seed));
  const parametric = kernel.uniforms.some(({ name }) => Object.hasOwn(PARAMETERS[0]!, name));
  return [
    ...plain,
    ...(parametric ? [example(all(7), plain.length, PARAMETERS[1])] : []),
    ...[plain[few.length]!, plain.at(-1)!].flatMap((one, i) => hostile(kernel, one, i === 0)),
  ];
}

/** The dimensions of a kernel's ports, each once. */
export function dimensionsOf(kernel: Pick<Kernel, 'ports'>): string[] {
  return [...new Set(kernel.ports.flatMap(({ shape }) => shape))];
}

/** Work of the interpreter (`workOf`) for an example that is larger in some dimension than those before, and for others. */
const [NEW, MORE] = [150_000, 18_000] as const;

/**
 * Which examples an interpreter runs too, and what no example that it runs covers: `inner above 7`. In a dimension a
 * size over one workgroup stands for larger ones.
 *
 * @param workOf invocations times what each may loop over
 * @param spans whether a dimension's size is over one workgroup; one of 65 is taken to be
 */
export function interpretable(
  dimensions: readonly string[],
  examples: readonly Example[],
  workOf: (uniforms: Uniforms) => number,
  spans: (uniforms: Uniforms, name: string) => boolean,
): { run: ReadonlySet<Example>; missing: string[] } {
  const covered = new Map<string, number>();
  const largest = new Map<string, number>();
  const run = new Set<Example>();
  const sizeOf = (uniforms: Uniforms, name: string) =>
    spans(uniforms, name) ? LARGE[0] : Math.min(uniforms[name]!, LARGE[0]);
  for (const example of examples) {
    const { uniforms } = example;
    for (const name of dimensions) largest.set(name, Math.max(largest.get(name) ?? 0, sizeOf(uniforms, name)));
    const isNew = dimensions.some((name) => sizeOf(uniforms, name) > (covered.get(name) ?? 0));
    if (workOf(uniforms) > (isNew ? NEW : MORE)) continue;
    run.add(example);
    for (const name of dimensions) covered.set(name, Math.max(covered.get(name) ?? 0, sizeOf(uniforms, name)));
  }
  const short = dimensions.filter((name) => (covered.get(name) ?? 0) < largest.get(name)!);
  return { run, missing: short.map((name) => `${name} above ${covered.get(name) ?? 0}`) };
}

/**
 * What fits together: what is concatenated, a context that holds the prompt, a mask only where each query has a key, an
 * earlier pass of which some positions are taken.
 */
function uniformsOf(
  kernel: Kernel,
  sizes: Record<string, number>,
  parameters: Readonly<Record<string, number>>,
): Uniforms {
  const { left_cols, right_cols, pos, n_ctx, query, key, old, fresh } = sizes;
  const past = old && Math.min(2, old);
  const fitting = {
    ...sizes,
    ...(left_cols && right_cols && { cols: left_cols + right_cols }),
    ...(pos && n_ctx && { n_ctx: Math.max(pos, n_ctx) }),
    ...(query && key && query > key && { causal: 0 }),
    ...(past && fresh && { past, pos: past + fresh }),
  };
  return Object.fromEntries(kernel.uniforms.map(({ name }) => [name, { ...parameters, ...fitting }[name]!]));
}

function inputsOf(kernel: Kernel, uniforms: Uniforms, { around, ids }: Numbers): Inputs {
  const reads = kernel.ports.filter(({ access }) => access === 'read');
  return Object.fromEntries(
    reads.map((port) => {
      const size = portSize(port, uniforms);
      if (port.type === 'u32') return [port.name, idsFor(uniforms, ids(uniforms.vocab ?? 1, size))];
      return [port.name, port.name === 'scale' ? around(0, size).map((x) => Math.abs(x) + 0.5) : around(0, size)];
    }),
  );
}

/** Where the table does not begin at id 0: its first row, one before it, one behind it, its last row, in turn. */
function idsFor({ first = 0, vocab = 1 }: Uniforms, within: Uint32Array): Uint32Array {
  return first === 0 ? within : within.map((_, i) => [first, first - 1, first + vocab, first + vocab - 1][i % 4]!);
}

/**
 * Values that break a careless shader, for the kernels that have a trap.
 *
 * @param all else those alone that depend on the size: a maximum may leave out the first or the last of a long row
 */
function hostile(kernel: Kernel, { uniforms, inputs }: Example, all: boolean): Example[] {
  const { x } = inputs;
  const { cols = 1 } = uniforms;
  const peak = (row: number) => [cols - 1, 0, cols >> 1, row % cols][row % 4]!;
  type Change = readonly [about: string, (x: number, i: number) => number];
  const outlier: Change = [
    'one entry of each row 120 above the rest',
    (x, i) => (i % cols === peak(Math.floor(i / cols)) ? x + 120 : x),
  ];
  const variants: Readonly<Record<string, readonly Change[]>> = {
    activation: [['values up to ±1e4', (_, i) => HOSTILE[i % HOSTILE.length]!]],
    softmax: [
      ['rows near 120', (x) => x + 120],
      ['rows near −120', (x) => x - 120],
      ['masked entries', (x, i) => (i % 5 > 2 ? MASKED : x)],
      outlier,
    ],
    norm: [
      ['rows near 1000', (x) => x + 1000],
      ['rows that are all equal', () => 0.7],
    ],
  };
  const kinds: Readonly<Record<string, string>> = {
    ...{ relu: 'activation', gelu: 'activation', gelu_new: 'activation', silu: 'activation' },
    ...{ softmax: 'softmax', layernorm: 'norm', normalize: 'norm', ln_scale: 'norm', ln_divide: 'norm' },
  };
  const changes = variants[kinds[kernel.name] ?? ''] ?? [];
  return changes.flatMap((change) => {
    if (!all && change !== outlier) return [];
    const [about, f] = change;
    return { uniforms, inputs: { ...inputs, x: Float32Array.from(x!, f) }, about };
  });
}
