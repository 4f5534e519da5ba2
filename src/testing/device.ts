import { FluoroscopeError } from '../errors';

/** On `globalThis`, so that all test files that share a page share the device, whichever copy of this module they have. */
const shared = globalThis as { fluoroscopeTestDevice?: Promise<GPUDevice> };

export interface TestDeviceOptions {
  /** The name of the test that is running, for errors that arrive outside of it. */
  readonly during?: () => string | undefined;
}

/**
 * The one GPU device of a page's tests. It has WebGPU's default limits, so a kernel that needs more than every adapter
 * offers fails here; of features it has subgroups, where the adapter does. An error of the device that no error scope catches is reported to the page, where Vitest fails the
 * run.
 *
 * @throws `no-webgpu`
 */
export function testDevice({ during = () => undefined }: TestDeviceOptions = {}): Promise<GPUDevice> {
  shared.fluoroscopeTestDevice ??= requestTestDevice(during);
  return shared.fluoroscopeTestDevice;
}

async function requestTestDevice(during: () => string | undefined): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) {
    throw new FluoroscopeError(
      'no-webgpu',
      "This Chrome has no WebGPU adapter, so nothing was tested: ask for chrome({ adapter: 'software' }), or point " +
        'PUPPETEER_EXECUTABLE_PATH at a newer Chrome.',
    );
  }
  const requiredFeatures = (['subgroups'] as const).filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ label: 'tests', requiredFeatures });
  device.addEventListener('uncapturederror', ({ error }) => {
    const test = during();
    const when = test === undefined ? '' : ` during or before "${test}"`;
    reportError(new Error(`uncaptured ${error.constructor.name}${when}: ${error.message}`));
  });
  device.lost.then(({ reason, message }) => reportError(new Error(`the test device was lost (${reason}): ${message}`)));
  return device;
}
