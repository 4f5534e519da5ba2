import type { Axis, Layout } from '../tensor/layout';

/**
 * A forward pass as data: a list of steps over named tensors. It is plain JSON, so that what ran can be stored beside
 * what it computed. It knows kernels by name and nothing of GPUs.
 */
export interface ForwardProgram {
  readonly batch: number;
  readonly pos: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Further names of a tensor: `blocks.1.hook_resid_pre` is `blocks.0.hook_resid_post`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What runs, in order. */
  readonly steps: readonly Step[];
  /** Steps of which the pass has no need: they run when someone reads what they write. */
  readonly derived: readonly Step[];
  /** The tensor that the pass is for. */
  readonly output: string;
  /** For a pass that goes on from an earlier one: how many positions that had, and how many of them it takes. */
  readonly goesOn?: { readonly old: number; readonly past: number };
}

export interface Tensor extends Layout {
  /** `input`: token ids; `derived`: never held by the pass itself. */
  readonly role: 'input' | 'weight' | 'activation' | 'derived';
  readonly type: 'f32' | 'u32';
  /** A weight's order of axes in memory, where it differs from `axes`. */
  readonly stored?: readonly Axis[];
  /** Of a weight with two f16 in each word of memory: its numbers are rounded to f16. */
  readonly precision?: 'f16';
  /** Rows of a weight that is too large for one binding. */
  readonly part?: { readonly of: string; readonly from: number; readonly to: number };
  /** The weight whose memory this one shares: a tied unembedding has the embedding's. */
  readonly shares?: string;
  /** Where a weight lies in a buffer that it has together with others; `offset` in elements. */
  readonly within?: { readonly buffer: string; readonly offset: number };
}

export interface Step {
  /** Name in the registry of kernels. */
  readonly kernel: string;
  /** Tensor names by the kernel's ports. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly uniforms: Readonly<Record<string, number>>;
  /** What the step does, in one sentence. */
  readonly about: string;
  /** Which of the kernel's shaders ran; absent before a run. */
  readonly variant?: string;
  /** The fusion that computed it together with its neighbours, in one dispatch; absent where it ran alone. */
  readonly fusion?: string;
}

/** Whether a step reads a weight that has two f16 in each word. */
export function readsHalves({ tensors }: Pick<ForwardProgram, 'tensors'>, { inputs }: Pick<Step, 'inputs'>): boolean {
  return Object.values(inputs).some((name) => tensors[name]?.precision === 'f16');
}

/** The tensor behind a name or an alias. */
export function resolve(program: ForwardProgram, name: string): string {
  return Object.hasOwn(program.aliases, name) ? program.aliases[name]! : name;
}

/**
 * Every hook name of a run: activations and their aliases in the order of computation, then derived ones. Parts of a
 * split tensor can be read as well, but are no hooks.
 */
export function hookNames(program: ForwardProgram): string[] {
  const activations = Object.keys(program.tensors).filter((name) => program.tensors[name]!.role === 'activation');
  const derived = Object.keys(program.tensors).filter((name) => program.tensors[name]!.role === 'derived');
  const aliases = new Map<string, string[]>();
  for (const [alias, of] of Object.entries(program.aliases)) {
    if (!aliases.get(of)?.push(alias)) aliases.set(of, [alias]);
  }
  const named = activations.flatMap((name) => [name, ...(aliases.get(name) ?? [])]);
  return [...named, ...derived].filter((name) => name.includes('hook_') && !name.includes('['));
}
