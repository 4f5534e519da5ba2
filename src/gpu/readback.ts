import { FluoroscopeError } from '../errors';
import type { Gpu } from './gpu';

/** Bytes of one buffer; both numbers are multiples of 4. */
export interface Range {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

interface Request {
  readonly ranges: readonly Range[];
  readonly size: number;
  readonly resolve: (bytes: ArrayBuffer) => void;
  readonly reject: (error: unknown) => void;
}

/** Copies bytes back from the GPU. All requests of one tick share one submit and one mapped buffer. */
export class Readback {
  #queue: Request[] = [];
  /** Staging buffers that are not mapped now. Their sizes are powers of two, so that later reads find one that fits. */
  readonly #idle: GPUBuffer[] = [];

  constructor(private readonly gpu: Gpu) {}

  /** The ranges' bytes, one after another. What the GPU was told before the end of this tick is done before the copy. */
  read(ranges: readonly Range[]): Promise<ArrayBuffer> {
    const size = ranges.reduce((total, range) => total + range.size, 0);
    if (size === 0) return Promise.resolve(new ArrayBuffer(0));
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) queueMicrotask(() => this.flush());
      this.#queue.push({ ranges, size, resolve, reject });
    });
  }

  /** Submits the waiting copies now, because their buffers are about to be written again. */
  flush(): void {
    const requests = this.#queue;
    if (requests.length === 0) return;
    this.#queue = [];
    this.#copy(requests).catch((error) => {
      for (const request of requests) request.reject(error);
    });
  }

  async #copy(requests: readonly Request[]): Promise<void> {
    const { gpu } = this;
    const size = requests.reduce((total, request) => total + request.size, 0);
    const staging = this.#staging(size);
    const encoder = gpu.device.createCommandEncoder({ label: 'readback' });
    let at = 0;
    for (const { ranges } of requests) {
      for (const range of ranges) {
        encoder.copyBufferToBuffer(range.buffer, range.offset, staging, at, range.size);
        at += range.size;
      }
    }
    gpu.submit(encoder);
    gpu.counters.bytesRead += size;
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, size);
    } catch (cause) {
      gpu.destroyBuffer(staging);
      gpu.assertAlive();
      throw new FluoroscopeError('device-lost', `The GPU did not return ${size} bytes: ${(cause as Error).message}`, {
        cause,
      });
    }
    const mapped = staging.getMappedRange(0, size);
    at = 0;
    for (const request of requests) {
      request.resolve(mapped.slice(at, at + request.size));
      at += request.size;
    }
    staging.unmap();
    this.#idle.push(staging);
  }

  #staging(size: number): GPUBuffer {
    this.gpu.assertAlive();
    const fit = this.#idle.findIndex((buffer) => buffer.size >= size);
    if (fit >= 0) return this.#idle.splice(fit, 1)[0]!;
    const { maxBufferSize } = this.gpu.device.limits;
    const rounded = Math.min(2 ** Math.ceil(Math.log2(Math.max(size, 65536))), Math.max(size, maxBufferSize));
    return this.gpu.createBuffer('readback', rounded, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  }
}
