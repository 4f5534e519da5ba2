import { vi } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu';

/** Bytes of all buffers made from now on, without those that the device itself keeps for its next reads. */
export function countBytes(gpu: Gpu): () => number {
  const held = new Set<GPUBuffer>();
  const { createBuffer, destroyBuffer } = gpu;
  vi.spyOn(gpu, 'createBuffer').mockImplementation((...asked) => {
    const buffer = createBuffer.apply(gpu, asked);
    if (buffer.label !== 'readback') held.add(buffer);
    return buffer;
  });
  vi.spyOn(gpu, 'destroyBuffer').mockImplementation((buffer) => {
    held.delete(buffer);
    destroyBuffer.call(gpu, buffer);
  });
  return () => [...held].reduce((sum, { size }) => sum + size, 0);
}
