/** What a device offers, against what a program's steps bind. */
import { FluoroscopeError } from '../errors';
import { bytesOfPort, signatureOf } from '../kernels/signatures';
import { type ForwardProgram, readsHalves } from './program';

/** What a device offers, in bytes and bindings; the names are WebGPU's. */
export interface Limits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
}

/**
 * Verifies that a device can run these steps: every binding within its limits.
 *
 * @throws `limit-exceeded`, naming the tensor, the bytes needed and the bytes offered
 */
export function checkLimits({ steps, tensors }: Pick<ForwardProgram, 'steps' | 'tensors'>, limits: Limits): void {
  const { maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = limits;
  for (const step of steps) {
    const { ports } = signatureOf(step.kernel)!;
    const halves = readsHalves({ tensors }, step);
    for (const port of ports) {
      const bytes = bytesOfPort(port, step.uniforms, halves);
      if (bytes <= maxStorageBufferBindingSize) continue;
      const name = (port.access === 'read' ? step.inputs : step.outputs)[port.name];
      throw new FluoroscopeError(
        'limit-exceeded',
        `${Object.values(step.outputs)[0]}: port ${port.name} of ${step.kernel} binds ${bytes} bytes for ${name}; this device offers ${maxStorageBufferBindingSize} (maxStorageBufferBindingSize). Use a shorter prompt, a smaller batch or another adapter.`,
      );
    }
    if (ports.length <= maxStorageBuffersPerShaderStage) continue;
    throw new FluoroscopeError(
      'limit-exceeded',
      `${step.kernel} binds ${ports.length} storage buffers; this device offers ${maxStorageBuffersPerShaderStage} (maxStorageBuffersPerShaderStage).`,
    );
  }
}
