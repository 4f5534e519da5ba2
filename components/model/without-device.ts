import { FluoroscopeError } from '../../src/viewer';

/** Whether it says that there is no device to run on. */
export function isWithoutDevice(error: Error | null): boolean {
  return error instanceof FluoroscopeError && (error.code === 'no-webgpu' || error.code === 'device-lost');
}
