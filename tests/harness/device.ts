import { expect } from 'vitest';

const shared = globalThis as { fluoroscopeTestDevice?: Promise<GPUDevice> };

/**
 * The one GPU device of the whole test run. It has the default limits, so a kernel that needs more than WebGPU
 * guarantees fails here. An error that no error scope catches fails the run.
 */
export function testDevice(): Promise<GPUDevice> {
  shared.fluoroscopeTestDevice ??= requestDevice();
  return shared.fluoroscopeTestDevice;
}

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) {
    throw new Error(
      'This Chrome has no WebGPU adapter, so nothing was tested: unset FLUOROSCOPE_ADAPTER to use the software adapter, ' +
        'or point PUPPETEER_EXECUTABLE_PATH at a newer Chrome.',
    );
  }
  const device = await adapter.requestDevice({ label: 'tests' });
  device.addEventListener('uncapturederror', ({ error }) => {
    const test = expect.getState().currentTestName ?? 'no test';
    reportError(new Error(`uncaptured ${error.constructor.name} during or before "${test}": ${error.message}`));
  });
  device.lost.then(({ reason, message }) => reportError(new Error(`the test device was lost (${reason}): ${message}`)));
  return device;
}
