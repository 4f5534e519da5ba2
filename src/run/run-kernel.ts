import type { Gpu } from '../gpu/gpu';
import type { Uniforms } from '../kernels/kernel';
import { type Bindings, packUniforms, pipelineSpec, portBytes, type Shader } from './dispatch';

export interface Memory {
  /** Bits of every element that the kernel has not written: what outputs hold before it runs; zeros unless given. */
  readonly poison?: number;
  /** Elements behind the end of each port that are bound as well, full of poison; outputs are read back with theirs. */
  readonly beyond?: number;
  /** Whether the weight among the inputs has two f16 in each word. */
  readonly halves?: boolean;
}

/**
 * Runs one kernel once on typed arrays, by port name, and reads back what it wrote. `inputs` hold f32 values, or u32
 * where the port says so. For tests and measurements; a pass runs through a program.
 */
export async function runKernel(
  gpu: Gpu,
  kernel: Bindings,
  variant: Shader,
  values: Uniforms,
  inputs: Readonly<Record<string, Float32Array | Uint32Array>>,
  { poison = 0, beyond = 0, halves = false }: Memory = {},
): Promise<Record<string, Float32Array>> {
  const { pipeline, layout } = await gpu.pipelines.get(pipelineSpec(kernel, variant, values, halves));
  const bytes = portBytes(kernel, values, halves).map((size) => size + 4 * beyond);
  const { COPY_DST, COPY_SRC, STORAGE, UNIFORM } = GPUBufferUsage;
  const buffers: GPUBuffer[] = [];
  try {
    const outputs = await gpu.guarded(kernel.name, () => {
      const packed = packUniforms(kernel, values);
      const uniform = gpu.createBuffer('uniforms', packed.byteLength, UNIFORM | COPY_DST);
      buffers.push(uniform);
      gpu.device.queue.writeBuffer(uniform, 0, packed);
      kernel.ports.forEach((port, i) => {
        const buffer = gpu.createBuffer(port.name, bytes[i]!, STORAGE | COPY_DST | COPY_SRC);
        buffers.push(buffer);
        if (poison !== 0) gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(bytes[i]! / 4).fill(poison));
        if (port.access === 'read')
          gpu.device.queue.writeBuffer(buffer, 0, inputs[port.name]! as GPUAllowSharedBufferSource);
      });
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      pass.setBindGroup(0, gpu.device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(...variant.workgroups(values));
      pass.end();
      gpu.counters.dispatches++;
      gpu.submit(encoder);
      return kernel.ports.flatMap((port, i) => {
        if (port.access === 'read') return [];
        const range = { buffer: buffers[i + 1]!, offset: 0, size: bytes[i]! };
        return [gpu.readback.read([range]).then((data) => [port.name, new Float32Array(data)] as const)];
      });
    });
    return Object.fromEntries(await Promise.all(outputs));
  } finally {
    for (const buffer of buffers) gpu.destroyBuffer(buffer);
  }
}
