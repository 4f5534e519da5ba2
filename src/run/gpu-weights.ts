import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import type { Elements } from '../kernels/kernel';
import type { Tensor } from '../program/program';
import { sizeOf, type TensorData } from '../tensor/layout';
import { permute } from '../tensor/permute';

type Table = Readonly<Record<string, Omit<Tensor, 'role' | 'type'>>>;

/** Where a tensor's first element lies; `offset` in bytes. */
export interface Home {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/**
 * A model's weights in GPU buffers, one each, but for those that the table puts together; uploaded once per device and
 * shared by all runs.
 */
export class GpuWeights {
  readonly #buffers = new Map<string, GPUBuffer>();

  /** None yet: they are uploaded as they come. @param table in which none shares another's memory, until all are there */
  constructor(
    readonly gpu: Gpu,
    private table: Table,
  ) {}

  /**
   * One weight, in the order in which it is stored; in place of what was uploaded of it before.
   *
   * @param name also where the table has it in parts
   * @throws `out-of-memory`, `limit-exceeded`
   */
  async upload(name: string, values: Float32Array): Promise<void> {
    await this.gpu.guarded('Uploading the weights', () => this.#upload(name, values));
  }

  /** All are there. @param table the same, but that weights may share memory */
  complete(table: Table): void {
    this.table = table;
  }

  #upload(weight: string, values: Float32Array): void {
    const { COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
    for (const [name, { shape, part, shares, within }] of Object.entries(this.table)) {
      if (shares || (part?.of ?? name) !== weight) continue;
      const size = sizeOf(shape);
      const first = part ? part.from * (size / (part.to - part.from)) : 0;
      const label = within?.buffer ?? name;
      let buffer = this.#buffers.get(label);
      if (!buffer) {
        const bytes = 4 * (within ? this.#sizeTogether(label) : size);
        buffer = this.gpu.createBuffer(label, bytes, STORAGE | COPY_DST | COPY_SRC);
        this.#buffers.set(label, buffer);
      }
      const offset = 4 * (within?.offset ?? 0);
      this.gpu.device.queue.writeBuffer(buffer, offset, values as Float32Array<ArrayBuffer>, first, size);
    }
  }

  /** Elements of all weights in one buffer. */
  #sizeTogether(label: string): number {
    const inside = Object.values(this.table).filter(({ within }) => within?.buffer === label);
    return Math.max(...inside.map(({ within, shape }) => within!.offset + sizeOf(shape)));
  }

  /** Where a weight lies, if there is one of that name. */
  home(name: string): Home | undefined {
    const { shares = name } = this.table[name] ?? {};
    const within = this.table[shares]?.within;
    const buffer = this.#buffers.get(within?.buffer ?? shares);
    return buffer && { buffer, offset: 4 * (within?.offset ?? 0) };
  }

  /**
   * One entry of the table as it lies in memory: what a kernel reads.
   *
   * @throws `disposed`
   */
  async stored(name: string): Promise<Float32Array> {
    this.#assertAlive();
    const size = 4 * sizeOf(this.table[name]!.shape);
    return new Float32Array(await this.gpu.readback.read([{ ...this.home(name)!, size }]));
  }

  /**
   * Some elements of one entry of the table, as it lies in memory: `count` from `from` on, `stride` apart. Nothing else of
   * it is read.
   *
   * @throws `disposed`
   */
  async elements(name: string, { from, count, stride }: Elements): Promise<Float32Array> {
    this.#assertAlive();
    const { buffer, offset } = this.home(name)!;
    const ranges =
      stride === 1
        ? [{ buffer, offset: offset + 4 * from, size: 4 * count }]
        : Array.from({ length: count }, (_, i) => ({ buffer, offset: offset + 4 * (from + i * stride), size: 4 }));
    return new Float32Array(await this.gpu.readback.read(ranges));
  }

  get names(): string[] {
    return [...new Set(Object.entries(this.table).map(([name, { part }]) => part?.of ?? name))];
  }

  /**
   * A weight as the GPU holds it, in the order of its named axes.
   *
   * @throws `tensor-unknown`, `disposed`
   */
  async read(name: string): Promise<TensorData> {
    const parts = Object.entries(this.table).filter(([key, { part }]) => key === name || part?.of === name);
    const first = parts[0]?.[1];
    if (!first)
      throw new FluoroscopeError(
        'tensor-unknown',
        `This model has no weight named ${name}. It has ${this.names.join(', ')}.`,
      );
    this.#assertAlive();
    const ranges = parts.map(([key, { shape }]) => ({ ...this.home(key)!, size: 4 * sizeOf(shape) }));
    const data = new Float32Array(await this.gpu.readback.read(ranges));
    const { axes, stored = axes } = first;
    const logical = first.shape.map((size, i) => {
      return axes[i] === 'vocab' ? parts.reduce((total, [, { shape }]) => total + shape[i]!, 0) : size;
    });
    const shape = stored.map((axis) => logical[axes.indexOf(axis)]!);
    return permute({ axes: stored, shape, data }, axes);
  }

  dispose(): void {
    this.gpu.readback.flush();
    for (const buffer of this.#buffers.values()) this.gpu.destroyBuffer(buffer);
    this.#buffers.clear();
  }
  #assertAlive(): void {
    if (this.#buffers.size > 0) return;
    throw new FluoroscopeError('disposed', 'This model was disposed. Load it again.');
  }
}
