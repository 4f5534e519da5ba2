import { signatureOf } from '../kernels/signatures';
import type { ForwardProgram, Step } from './program';

/** One thing that a step does differently from another program's step that writes the same tensor. */
export interface ProgramDifference {
  /** Index of the step. */
  readonly step: number;
  /** The first tensor that it writes. */
  readonly tensor: string;
  /** `kernel`, `uniform eps`, `input x`; `step` where the other program has none that writes the tensor. */
  readonly what: string;
  readonly got: string | number;
  readonly expected: string | number;
}

/** Steps that a rewriting puts in the place of one; what they write together is what that one wrote. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  ln_scale: ['layernorm', 'normalize'],
  ln_divide: ['layernorm', 'normalize'],
  ln_affine: ['layernorm'],
};

/**
 * Where a program computes something else than it should: another kernel, another tensor read, another parameter (a
 * uniform that is no dimension of a port: eps, scale, causal, first). Sizes are the checker's business, and what edits
 * and narrowing do to a program is no difference: they keep what each step means.
 */
export function programDifferences(got: ForwardProgram, expected: ForwardProgram): ProgramDifference[] {
  const own = writers(expected);
  return got.steps.flatMap((step, index) => stepDifferences(step, index, own));
}

/** The steps of a program by the tensors that they write. */
export function writers({ steps, derived }: ForwardProgram): Map<string, Step> {
  return new Map(
    [...steps, ...derived].flatMap((step) => Object.values(step.outputs).map((name) => [name, step] as const)),
  );
}

/** The step of another program that writes what this one writes; none for a step that edits or narrowing have added. */
export function counterpart(step: Step, own: ReadonlyMap<string, Step>): Step | undefined {
  const [tensor] = Object.values(step.outputs);
  return step.kernel === 'edit' || tensor!.endsWith(' rows]') ? undefined : own.get(plain(tensor!));
}

export function stepDifferences(step: Step, index: number, own: ReadonlyMap<string, Step>): ProgramDifference[] {
  const should = counterpart(step, own);
  if (!should) return [];
  const tensor = Object.values(step.outputs)[0]!;
  const differs = (what: string, got: string | number, expected: string | number): ProgramDifference[] =>
    same(got, expected) ? [] : [{ step: index, tensor, what, got, expected }];
  const part = PARTS[step.kernel]?.includes(should.kernel) ?? false;
  if (!part && step.kernel !== should.kernel) return differs('kernel', step.kernel, should.kernel);
  return [
    ...Object.entries(part ? {} : should.inputs).flatMap(([port, name]) => {
      return differs(`input ${port}`, plain(step.inputs[port] ?? 'nothing'), name);
    }),
    ...Object.entries(parameters(should))
      .filter(([name]) => name in step.uniforms)
      .flatMap(([name, value]) => differs(`uniform ${name}`, step.uniforms[name]!, value)),
  ];
}

/** The uniforms that are no dimension of a port: what a step computes, not how much of it. */
export function parameters({ kernel, uniforms }: Step): Record<string, number> {
  const dimensions = new Set(signatureOf(kernel)!.ports.flatMap(({ shape }) => shape));
  return Object.fromEntries(Object.entries(uniforms).filter(([name]) => !dimensions.has(name)));
}

/** `blocks.1.ln2.hook_scale: uniform eps is 0.001, expected 0.00001` */
export function describeProgramDifference({ tensor, what, got, expected }: ProgramDifference): string {
  return `${tensor}: ${what} is ${got}, expected ${expected}`;
}

/** A tensor's name without what edits and narrowing add to it: `x:before`, `x[3 rows]`. */
const plain = (name: string) => name.replace(/(:before\d*|\[[^\]]* rows\])+$/, '');

/** As the GPU holds them. */
function same(a: string | number, b: string | number): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Math.fround(a) === Math.fround(b) : a === b;
}
