import { FluoroscopeError } from '../errors';
import { signatureOf } from '../kernels/signatures';
import type { ForwardProgram, Step, Tensor } from '../program/program';

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

/** What the program and the kernel's signature tell of a step, without its shader. */
export interface StepOutline {
  readonly step: number;
  readonly kernel: string;
  /** The shader that ran it, by name; null: none has, as in a pass on the CPU or before a run. */
  readonly ran: string | null;
  /** The fusion in whose dispatch the pass ran the step, in the same bits as this kernel's own shader; null: it ran alone. */
  readonly fusion: string | null;
  readonly uniforms: readonly { readonly name: string; readonly type: 'f32' | 'u32'; readonly value: number }[];
  readonly ports: readonly BoundPort[];
  readonly about: string;
}

/** @throws `step-invalid` */
export function stepOutline(program: ForwardProgram, index: number): StepOutline {
  const { kernel, uniforms, inputs, outputs, variant, fusion, about } = stepAt(program, index);
  const signature = signatureOf(kernel)!;
  return {
    step: index,
    kernel,
    ran: variant ?? null,
    fusion: fusion ?? null,
    uniforms: signature.uniforms.map(({ name, type }) => ({ name, type, value: uniforms[name]! })),
    ports: signature.ports.map(({ name, access, type, shape }) => {
      const tensor = (access === 'read' ? inputs : outputs)[name]!;
      const dimensions = shape.map((dimension) => ({ name: dimension, size: uniforms[dimension]! }));
      return { name, access, type, dimensions, tensor, layout: program.tensors[tensor]! };
    }),
    about,
  };
}

/** A step by its index. @throws `step-invalid` */
export function stepAt(program: ForwardProgram, index: number): Step {
  const step = program.steps[index];
  if (step) return step;
  const count = program.steps.length;
  throw new FluoroscopeError('step-invalid', `There is no step ${index}: this program has steps 0 to ${count - 1}.`);
}
