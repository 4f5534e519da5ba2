import { FluoroscopeError } from '../errors';

/** Bytes that the caller is about to bind or hold; the device is asked for no more than it needs. */
export interface DeviceNeeds {
  readonly bindingBytes?: number;
  readonly bufferBytes?: number;
}

/**
 * A device from this environment's own WebGPU: the one place that touches `navigator`. Asks the adapter for limits as
 * large as the needs, or as large as it offers; timestamp queries where there are any.
 *
 * @throws `no-webgpu` with what to do about it
 */
export async function requestDevice({ bindingBytes = 0, bufferBytes = 0 }: DeviceNeeds = {}): Promise<GPUDevice> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    const secure = globalThis.isSecureContext === false ? ' WebGPU needs https:// or localhost.' : '';
    throw new FluoroscopeError(
      'no-webgpu',
      `This browser offers no WebGPU.${secure} Use a recent Chrome, Edge, Safari or Firefox with WebGPU enabled.`,
    );
  }
  const adapter = await gpu.requestAdapter();
  if (!adapter) {
    throw new FluoroscopeError(
      'no-webgpu',
      'WebGPU is there but offers no adapter: the GPU or its driver is blocked. In Chrome, chrome://gpu tells why.',
    );
  }
  return deviceOf(adapter, { bindingBytes, bufferBytes });
}

export async function deviceOf(
  adapter: GPUAdapter,
  { bindingBytes = 0, bufferBytes = 0 }: DeviceNeeds,
): Promise<GPUDevice> {
  const enough = (name: 'maxStorageBufferBindingSize' | 'maxBufferSize', needed: number, usual: number) => {
    return { [name]: Math.min(adapter.limits[name], Math.max(needed, usual)) };
  };
  return adapter.requestDevice({
    requiredFeatures: (['timestamp-query', 'subgroups', 'shader-f16'] as const).filter((name) =>
      adapter.features.has(name),
    ),
    requiredLimits: {
      ...enough('maxStorageBufferBindingSize', bindingBytes, 2 ** 27),
      ...enough('maxBufferSize', bufferBytes, 2 ** 28),
    },
  });
}

let shared: Promise<GPUDevice> | undefined;

/** The device that all models of a page share, requested at first need and again after it was lost. */
export function sharedDevice(needs: DeviceNeeds = {}): Promise<GPUDevice> {
  if (!shared) {
    const requested = requestDevice(needs);
    const forget = () => {
      if (shared === requested) shared = undefined;
    };
    requested.then((device) => device.lost.then(forget), forget);
    shared = requested;
  }
  return shared;
}
