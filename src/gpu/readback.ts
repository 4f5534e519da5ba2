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

/** Requests of one tick are copied together up to this many bytes. */
const GROUP_BYTES = 64 * 2 ** 20;

/** Staging buffers that wait for the next read hold at most this many bytes together. */
const IDLE_BYTES = 64 * 2 ** 20;

/** Copies bytes back from the GPU. All requests of one tick share one submit and one mapped buffer, unless they are huge. */
export class Readback {
  #queue: Request[] = [];
  /** Staging buffers that are not mapped now, oldest first. Their sizes are powers of two, so that later reads fit. */
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
    let group: Request[] = [];
    let size = 0;
    for (const request of this.#queue.splice(0)) {
      if (group.length > 0 && size + request.size > GROUP_BYTES) {
        this.#start(group, size);
        [group, size] = [[], 0];
      }
      group.push(request);
      size += request.size;
    }
    if (group.length > 0) this.#start(group, size);
  }

  #start(group: readonly Request[], size: number): void {
    this.#copy(group, size).catch((error) => {
      for (const request of group) request.reject(error);
    });
  }

  async #copy(group: readonly Request[], size: number): Promise<void> {
    const { gpu } = this;
    const staging = this.#staging(size);
    try {
      const encoder = gpu.device.createCommandEncoder({ label: 'readback' });
      let at = 0;
      for (const { buffer, offset, size: bytes } of group.flatMap(({ ranges }) => ranges)) {
        encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
        at += bytes;
      }
      gpu.submit(encoder);
      gpu.counters.bytesRead += size;
      await staging.mapAsync(GPUMapMode.READ, 0, size);
    } catch (cause) {
      gpu.destroyBuffer(staging);
      gpu.assertAlive();
      const what = `The GPU did not return ${size} bytes: ${(cause as Error).message}`;
      throw new FluoroscopeError('readback-failed', what, { cause });
    }
    const mapped = staging.getMappedRange(0, size);
    let at = 0;
    for (const request of group) {
      request.resolve(mapped.slice(at, at + request.size));
      at += request.size;
    }
    staging.unmap();
    this.#keep(staging);
  }

  #keep(staging: GPUBuffer): void {
    this.#idle.push(staging);
    let bytes = this.#idle.reduce((total, buffer) => total + buffer.size, 0);
    while (bytes > IDLE_BYTES) {
      const oldest = this.#idle.shift()!;
      bytes -= oldest.size;
      this.gpu.destroyBuffer(oldest);
    }
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
