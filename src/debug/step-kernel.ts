import { constantsOf } from '../kernels/kernel';
import type { ForwardProgram, Tensor } from '../program/program';
import { type StepCost, stepCost } from '../run/profile';
import { kernelOf, stepAt } from './step-workgroup';

/** A port of a kernel, bound to the tensor that this step has there. */
export interface BoundPort {
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly type: 'f32' | 'u32';
  /** As the shader names its dimensions, with the sizes that they have here. */
  readonly dimensions: readonly { readonly name: string; readonly size: number }[];
  readonly tensor: string;
  readonly layout: Tensor;
}

/** The shader of one step with all that is bound to it. */
export interface StepKernel {
  readonly step: number;
  readonly kernel: string;
  /** The shader's name, that of the one that ran, and all that the kernel has. */
  readonly variant: string;
  readonly ran: string;
  readonly variants: readonly string[];
  /** The fusion in whose dispatch the pass ran the step, in the same bits as this kernel's own shader; null: it ran alone. */
  readonly fusion: string | null;
  /** WGSL, as it runs. */
  readonly code: string;
  /** Values of overrides. */
  readonly constants: Readonly<Record<string, number>>;
  readonly uniforms: readonly { readonly name: string; readonly type: 'f32' | 'u32'; readonly value: number }[];
  readonly ports: readonly BoundPort[];
  /** Workgroups of the dispatch. */
  readonly dispatch: readonly [number, number, number];
  readonly cost: StepCost;
  readonly about: string;
}

/**
 * @param name one of the kernel's shaders; the one that ran unless given
 * @throws `step-invalid`
 */
export function stepKernel(program: ForwardProgram, index: number, name?: string): StepKernel {
  const step = stepAt(program, index);
  const { kernel, variant } = kernelOf(step, name);
  const { uniforms } = step;
  return {
    step: index,
    kernel: kernel.name,
    variant: variant.name,
    ran: step.variant ?? 'clear',
    variants: kernel.variants.map(({ name }) => name),
    fusion: step.fusion ?? null,
    code: variant.code,
    constants: constantsOf(variant, uniforms),
    uniforms: kernel.uniforms.map(({ name, type }) => ({ name, type, value: uniforms[name]! })),
    ports: kernel.ports.map(({ name, access, type, shape }) => {
      const tensor = (access === 'read' ? step.inputs : step.outputs)[name]!;
      const dimensions = shape.map((dimension) => ({ name: dimension, size: uniforms[dimension]! }));
      return { name, access, type, dimensions, tensor, layout: program.tensors[tensor]! };
    }),
    dispatch: variant.workgroups(uniforms),
    cost: stepCost(step),
    about: step.about,
  };
}
