import { FluoroscopeError } from '../errors';
import type { Gpu } from '../gpu/gpu';
import { spaced } from '../model/weight-table';
import type { Tensor } from '../program/program';
import type { Halves } from '../tensor/f16';
import { sizeOf, type TensorData } from '../tensor/layout';
import { permute } from '../tensor/permute';

/** Bytes of so many elements of a weight: words of 4, which hold two f16 each. */
function bytesOf(count: number, precision?: Tensor['precision']): number {
  return 4 * (precision ? Math.ceil(count / 2) : count);
}

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
  /** By entry of the table that is held in f16. */
  readonly #rounded = new Map<string, Pick<Halves, 'changed' | 'largest'>>();

  /** There from the first upload on, where the table has any f16. */
  #f16!: typeof import('../tensor/f16');

  /** None yet: they are uploaded as they come. @param table in which none shares another's memory, until all are there */
  constructor(
    readonly gpu: Gpu,
    private table: Table,
  ) {}

  /**
   * One weight, in the order in which it is stored; in place of what was uploaded of it before.
   *
   * @param name also where the table has it in parts
   * @throws `out-of-memory`, `limit-exceeded`; `weights-mismatch` for a number that f16 cannot hold, where it has to be
   */
  async upload(name: string, values: Float32Array): Promise<void> {
    if (Object.values(this.table).some(({ precision }) => precision)) this.#f16 ??= await import('../tensor/f16');
    await this.gpu.guarded('Uploading the weights', () => this.#upload(name, values));
  }

  /** All are there. @param table the same, but that weights may share memory */
  complete(table: Table): void {
    this.table = table;
  }

  #upload(weight: string, values: Float32Array): void {
    const { COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
    for (const [name, { shape, part, shares, within, precision }] of Object.entries(this.table)) {
      if (shares || (part?.of ?? name) !== weight) continue;
      const size = sizeOf(shape);
      const first = part ? part.from * (size / (part.to - part.from)) : 0;
      const label = within?.buffer ?? name;
      let buffer = this.#buffers.get(label);
      if (!buffer) {
        const bytes = bytesOf(within ? this.#sizeTogether(label) : size, precision);
        buffer = this.gpu.createBuffer(label, bytes, STORAGE | COPY_DST | COPY_SRC);
        this.#buffers.set(label, buffer);
      }
      const own = values.subarray(first, first + size) as Float32Array<ArrayBuffer>;
      const held = precision ? this.#halved(name, own, first, weight) : own;
      this.gpu.device.queue.writeBuffer(buffer, bytesOf(within?.offset ?? 0, precision), held);
    }
  }

  #halved(name: string, values: Float32Array, before: number, weight: string): Uint32Array<ArrayBuffer> {
    const { LARGEST, packHalves } = this.#f16;
    const halves = packHalves(values);
    if (typeof halves === 'number') {
      const got = `${weight} holds ${values[halves]} at element ${before + halves} in memory`;
      const why = `f16 holds finite numbers up to ±${LARGEST}. Load the model in f32.`;
      throw new FluoroscopeError('weights-mismatch', `${got}; ${why}`);
    }
    const { words, changed, largest } = halves;
    this.#rounded.set(name, { changed, largest });
    return words;
  }

  /** What rounding to f16 has done, in one sentence; undefined where all is held as the files have it. */
  get rounded(): string | undefined {
    if (this.#rounded.size === 0) return undefined;
    const entries = [...this.#rounded];
    const numbers = entries.reduce((sum, [name]) => sum + sizeOf(this.table[name]!.shape), 0);
    const changed = entries.reduce((sum, [, one]) => sum + one.changed, 0);
    const [worst, { largest }] = entries.reduce((a, b) => (b[1].largest > a[1].largest ? b : a));
    const most = changed > 0 ? `, by at most ${largest.toPrecision(3)} (${worst})` : '';
    return `matrices rounded to f16: ${changed} of ${numbers} numbers changed${most}`;
  }

  /** Elements of all weights in one buffer. */
  #sizeTogether(label: string): number {
    const inside = Object.values(this.table).filter(({ within }) => within?.buffer === label);
    return Math.max(...inside.map(({ within, shape }) => within!.offset + spaced(shape)));
  }

  /** Where a weight lies, if there is one of that name. */
  home(name: string): Home | undefined {
    const { shares = name } = this.table[name] ?? {};
    const { within, precision } = this.table[shares] ?? {};
    const buffer = this.#buffers.get(within?.buffer ?? shares);
    return buffer && { buffer, offset: bytesOf(within?.offset ?? 0, precision) };
  }

  /**
   * One entry of the table in the order in which it lies in memory: what a kernel reads.
   *
   * @throws `disposed`
   */
  async stored(name: string): Promise<Float32Array> {
    this.assertAlive();
    const { shape, precision } = this.table[name]!;
    const size = bytesOf(sizeOf(shape), precision);
    const read = await this.gpu.readback.read([{ ...this.home(name)!, size }]);
    return precision ? this.#f16.unpackHalves(new Uint32Array(read), sizeOf(shape)) : new Float32Array(read);
  }

  /** Of all weights, those that share memory counted once. */
  get bytes(): number {
    const own = Object.values(this.table).filter(({ shares }) => !shares);
    return own.reduce((bytes, { shape, precision }) => bytes + bytesOf(sizeOf(shape), precision), 0);
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
    this.assertAlive();
    const pieces = await Promise.all(parts.map(([key]) => this.stored(key)));
    const data = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      data.set(piece, at);
      at += piece.length;
    }
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

  /** @throws `disposed` */
  assertAlive(): void {
    if (this.#buffers.size > 0) return;
    throw new FluoroscopeError('disposed', 'This model was disposed. Load it again.');
  }
}
