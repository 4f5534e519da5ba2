import { constantsOf } from '../kernels/kernel';
import { type ForwardProgram, readsHalves } from '../program/program';
import { type StepCost, stepCost } from '../run/cost';
import { type StepOutline, stepAt, stepOutline } from './step-outline';
import { kernelOf } from './step-workgroup';

/** The shader of one step with all that is bound to it. */
export interface StepKernel extends StepOutline {
  /** The shader's name, and all that the kernel has. */
  readonly variant: string;
  readonly variants: readonly string[];
  /** WGSL, as it runs. */
  readonly code: string;
  /** Values of overrides. */
  readonly constants: Readonly<Record<string, number>>;
  /** Workgroups of the dispatch. */
  readonly dispatch: readonly [number, number, number];
  readonly cost: StepCost;
}

/**
 * @param name one of the kernel's shaders; the one that ran unless given
 * @throws `step-invalid`
 */
export function stepKernel(program: ForwardProgram, index: number, name?: string): StepKernel {
  const step = stepAt(program, index);
  const { kernel, variant } = kernelOf(step, name);
  return {
    ...stepOutline(program, index),
    variant: variant.name,
    variants: kernel.variants.map(({ name }) => name),
    code: variant.code,
    constants: constantsOf(variant, step.uniforms, readsHalves(program, step)),
    dispatch: variant.workgroups(step.uniforms),
    cost: stepCost(step, program.tensors),
  };
}
