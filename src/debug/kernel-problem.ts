import { constantsOf, type Uniforms } from '../kernels/kernel';
import type { Bindings, Shader } from '../run/dispatch';
import { packUniforms, portBytes } from '../run/dispatch';
import type { StepperOptions } from './workgroup';

/** Values by port, as the GPU holds them. */
export type PortValues = Readonly<Record<string, Float32Array | Uint32Array>>;

/**
 * One dispatch of a kernel as plain bytes; what it writes starts as zeros.
 *
 * @param halves whether its weight has two f16 in each word
 */
export function kernelProblem(
  kernel: Bindings,
  variant: Shader,
  uniforms: Uniforms,
  inputs: PortValues,
  halves = false,
): Required<Pick<StepperOptions, 'code' | 'constants' | 'dispatch' | 'uniforms' | 'buffers'>> {
  const sizes = portBytes(kernel, uniforms, halves);
  return {
    code: variant.code,
    constants: constantsOf(variant, uniforms, halves),
    dispatch: variant.workgroups(uniforms),
    uniforms: packUniforms(kernel, uniforms),
    buffers: Object.fromEntries(
      kernel.ports.map(({ name, access }, i) => {
        return [name, access === 'read' ? inputs[name]! : new ArrayBuffer(sizes[i]!)] as const;
      }),
    ),
  };
}
