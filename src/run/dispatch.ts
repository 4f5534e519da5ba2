import type { PipelineSpec } from '../gpu/pipelines';
import { bytesOfPort, constantsOf, type Kernel, type Uniforms, type Variant } from '../kernels/kernel';

/** What a dispatch needs to know of a kernel: its name, its uniform struct and its ports. */
export type Bindings = Pick<Kernel, 'name' | 'uniforms' | 'ports'>;

/** What a dispatch needs to know of a variant. */
export type Shader = Pick<Variant, 'name' | 'code' | 'constants' | 'sized' | 'workgroups'>;

/** The uniform struct as the shader reads it: scalars of four bytes in order, padded to 16 bytes. */
export function packUniforms(kernel: Bindings, values: Uniforms): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil(kernel.uniforms.length / 4) * 16);
  const view = new DataView(bytes);
  kernel.uniforms.forEach(({ name, type }, i) => {
    if (type === 'f32') view.setFloat32(i * 4, values[name]!, true);
    else view.setUint32(i * 4, values[name]!, true);
  });
  return bytes;
}

/** The pipeline for a problem of these sizes. @param halves whether its weight has two f16 in each word */
export function pipelineSpec(kernel: Bindings, variant: Shader, values: Uniforms, halves = false): PipelineSpec {
  return {
    label: variant.name === 'clear' ? kernel.name : `${kernel.name} (${variant.name})`,
    code: variant.code,
    constants: constantsOf(variant, values, halves),
    storage: kernel.ports.map((port) => port.access),
  };
}

/** Bytes that each port binds, in order. */
export function portBytes(kernel: Bindings, values: Uniforms, halves = false): number[] {
  return kernel.ports.map((port) => bytesOfPort(port, values, halves));
}
