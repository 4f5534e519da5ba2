/** Tries a user's kernels alone, on small problems of odd sizes, before a model's pass runs them. */
import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { constantsOf, type Uniforms, type Variant } from '../kernels/kernel';
import { compare } from '../run/check-steps';
import { runKernel } from '../run/run-kernel';
import { bitsOf } from './bits';
import { dimensionsOf, type Example, examplesOf, interpretable, SMALLEST } from './examples';
import { findRaces, type RaceReport } from './races';
import { describeUninitialised, findUninitialised, type Inputs, type MemoryFault, placeOf } from './uninitialised';
import type { UserKernel } from './user-kernels';

/**
 * `changing`: two runs on the same inputs differ. `divergence`: a barrier that not every invocation reaches. `split`: an
 * element is found only as long as all workgroups lie in one row. `wrong`: beyond the kernel's error bound. `no-end`: a
 * loop that does not end, whereupon no GPU has run the kernel.
 */
export type KernelFaultKind =
  | MemoryFault
  | 'changing'
  | 'race'
  | RaceReport['faults'][number]['kind']
  | 'split'
  | 'wrong';

export interface KernelFault {
  readonly kind: KernelFaultKind;
  /** Names the port, the element, the lines or the values. */
  readonly says: string;
  /** The sizes at which it was found. */
  readonly uniforms: Uniforms;
}

export interface KernelExamination {
  readonly file: string;
  readonly kernel: string;
  /** How many problems it was tried on. */
  readonly examples: number;
  /** The first of each kind; none for a kernel that passes. */
  readonly faults: readonly KernelFault[];
  /** What could not be examined, and why. */
  readonly notes: readonly string[];
}

/**
 * Statements of one workgroup in the interpreter, of all its lanes together: at the smallest sizes, where ours take at
 * most 50,000, and at sizes of 65, where they take 125,000.
 */
const BUDGETS = { smallest: 500_000, others: 4_000_000 } as const;

/**
 * An interpreter runs the kernel before any GPU does: a GPU does not come back from an endless loop.
 *
 * @throws `shader-invalid`, `device-lost`
 */
export async function examineKernel(gpu: Gpu, one: UserKernel): Promise<KernelExamination> {
  const { file, kernel, variant, linear } = one;
  const faults = new Map<KernelFaultKind, KernelFault>();
  const notes = new Set<string>();
  const examples = examplesOf(kernel);
  const finder =
    ({ uniforms, about }: Example) =>
    (kind: KernelFaultKind, sentence: string) => {
      const says = about ? `${sentence} (${about})` : sentence;
      if (!faults.has(kind)) faults.set(kind, { kind, says, uniforms });
    };
  const told = () => ({
    file,
    kernel: kernel.name,
    examples: examples.length,
    faults: [...faults.values()],
    notes: [...notes],
  });
  await interpret(one, examples, finder, notes);
  if (faults.has('no-end')) return told();
  const run = (uniforms: Uniforms, inputs: Inputs, shader: Variant = variant) =>
    runKernel(gpu, kernel, shader, uniforms, inputs);
  for (const example of examples) {
    const { uniforms, inputs } = example;
    const add = finder(example);
    for (const found of await findUninitialised(gpu, kernel, variant, uniforms, inputs)) {
      add(found.fault, describeUninitialised(found));
    }
    const [first, second] = await Promise.all([run(uniforms, inputs), run(uniforms, inputs)]);
    const reference = kernel.reference(uniforms, inputs);
    const bounds = kernel.bound(uniforms, inputs, reference);
    for (const port of kernel.ports.filter(({ access }) => access === 'write')) {
      const [got, again] = [bitsOf(first[port.name]!), bitsOf(second[port.name]!)];
      const changed = got.findIndex((bits, i) => bits !== again[i]);
      const at = (offset: number) => `${port.name}[${placeOf(port, uniforms, offset)}]`;
      if (changed >= 0) add('changing', `${at(changed)} differs between two runs on the same inputs`);
      const worst = compare(first[port.name]!, reference[port.name]!, bounds[port.name]!);
      if (worst.ok) continue;
      const { offset, value, expected, error, bound } = worst;
      const beyond = Number.isNaN(error) ? '' : `: they differ by ${error}, the bound is ${bound}`;
      add('wrong', `${at(offset)} is ${value}, float64 gives ${expected}${beyond}`);
    }
    if (!faults.has('wrong') && !faults.has('split')) {
      const apart = linear ? splitIn(variant, uniforms) : undefined;
      const outputs = apart && (await run(uniforms, inputs, apart));
      for (const [port, values] of Object.entries(outputs ?? {})) {
        if (compare(values, reference[port]!, bounds[port]!).ok) continue;
        const groups = apart!.workgroups(uniforms).join('×');
        add('split', `${port} is wrong where ${groups} workgroups run it: the index is id.x + id.y * groups.x * SIZE`);
      }
    }
  }
  return told();
}

/** Races, divergent barriers and endless loops, by the interpreter; it stops at the first loop that does not end. */
async function interpret(
  { kernel, variant, workgroupSize }: UserKernel,
  examples: readonly Example[],
  finder: (example: Example) => (kind: KernelFaultKind, sentence: string) => void,
  notes: Set<string>,
): Promise<void> {
  const dimensions = dimensionsOf(kernel);
  const workOf = (uniforms: Uniforms) => {
    const lanes = [...variant.workgroups(uniforms), ...workgroupSize].reduce((product, size) => product * size, 1);
    return lanes * (16 + Math.max(...dimensions.map((name) => uniforms[name]!))); // a tile is 16 or so, however short
  };
  const { run, missing } = interpretable(dimensions, examples, workOf, (u, name) => spansIn(variant, u, name));
  if (missing.length > 0) {
    notes.add(`Races and endless loops were not looked for at ${missing.join(', ')}: too much for the interpreter.`);
  }
  for (const [i, example] of examples.entries()) {
    if (!run.has(example)) continue;
    const add = finder(example);
    const budget = i < SMALLEST ? BUDGETS.smallest : BUDGETS.others;
    try {
      const { races, faults } = await findRaces(kernel, variant, example.uniforms, example.inputs, { budget });
      for (const { text } of races) add('race', text);
      for (const { kind, text } of faults) add(kind, kind === 'no-end' ? `${text} ${NOT_RUN}` : text);
      if (faults.some(({ kind }) => kind === 'no-end')) return;
    } catch (error) {
      if (!(error instanceof FluoroscopeError)) throw error;
      notes.add(`Races and endless loops were not looked for: ${error.message}`);
    }
  }
}

/** Whether a dimension's size takes more workgroups than a size of 1, of the pipeline that larger ones have too. */
function spansIn(variant: Variant, uniforms: Uniforms, name: string): boolean {
  const groups = (size: number) =>
    variant.workgroups({ ...uniforms, [name]: size }).reduce((product, count) => product * count, 1);
  const pipeline = (size: number) => JSON.stringify(constantsOf(variant, { ...uniforms, [name]: size }));
  const size = uniforms[name]!;
  return groups(size) > groups(1) && [1, 1000].every((other) => pipeline(other) === pipeline(size));
}

const NOT_RUN = 'The GPU has not run it.';

/** The same dispatch in two rows of workgroups, where it has one row of several. */
function splitIn(variant: Variant, uniforms: Uniforms): Variant | undefined {
  const [x, y, z] = variant.workgroups(uniforms);
  if (x < 2 || y > 1 || z > 1) return undefined;
  return { ...variant, workgroups: () => [Math.ceil(x / 2), 2, 1] };
}

/** `softmax.wgsl (softmax), rows 3, cols 5: y[rows 0, cols 4] is never written: …` */
export function describeFault(
  { file, kernel }: Pick<KernelExamination, 'file' | 'kernel'>,
  fault: KernelFault,
): string {
  const sizes = Object.entries(fault.uniforms).map(([name, value]) => `${name} ${value}`);
  return `${file} (${kernel}), ${sizes.join(', ')}: ${fault.says}`;
}
