import { afterEach, describe, expect, test } from 'vitest';
import { requestDevice } from '../../src/gpu/device';
import { Gpu } from '../../src/gpu/gpu';
import { testDevice } from '../harness/device';

/** Lets `navigator.gpu` be something else for one test. */
function pretend(gpu: unknown): void {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
}

afterEach(() => {
  Reflect.deleteProperty(navigator, 'gpu');
});

describe('requestDevice', () => {
  test('says what to do where there is no WebGPU', async () => {
    pretend(undefined);
    await expect(requestDevice()).rejects.toMatchObject({
      code: 'no-webgpu',
      message: expect.stringContaining('This browser offers no WebGPU. Use a recent Chrome'),
    });
  });

  test('says what to do where WebGPU offers no adapter', async () => {
    pretend({ requestAdapter: async () => null });
    await expect(requestDevice()).rejects.toMatchObject({
      code: 'no-webgpu',
      message: expect.stringContaining('offers no adapter'),
    });
  });

  test('asks for what is needed, and for no more than the adapter offers', async () => {
    const asked: GPUDeviceDescriptor[] = [];
    const adapter = {
      limits: { maxStorageBufferBindingSize: 2 ** 28, maxBufferSize: 2 ** 31 },
      features: new Set(['timestamp-query']),
      requestDevice: async (descriptor: GPUDeviceDescriptor) => asked.push(descriptor),
    };
    pretend({ requestAdapter: async () => adapter });
    await requestDevice({ bindingBytes: 154389504, bufferBytes: 2 ** 30 });
    await requestDevice({ bindingBytes: 2 ** 30 });
    await requestDevice();
    expect(asked.map((descriptor) => descriptor.requiredLimits)).toEqual([
      { maxStorageBufferBindingSize: 154389504, maxBufferSize: 2 ** 30 },
      { maxStorageBufferBindingSize: 2 ** 28, maxBufferSize: 2 ** 28 },
      { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 },
    ]);
    expect(asked[0]!.requiredFeatures).toEqual(['timestamp-query']);
  });
});

test('a buffer that no device holds is refused with the bytes needed and offered', async () => {
  const gpu = Gpu.of(await testDevice());
  const before = gpu.counters.allocations;
  expect(() => gpu.createBuffer('logits', 2 ** 40, GPUBufferUsage.STORAGE)).toThrow(
    expect.objectContaining({
      code: 'limit-exceeded',
      message: expect.stringContaining(
        `logits needs a buffer of ${2 ** 40} bytes; this device offers ${gpu.device.limits.maxBufferSize}`,
      ),
    }),
  );
  expect(gpu.counters.allocations).toBe(before);
});
