/** A safetensors file taken apart while it comes: no more than one tensor of it is held. */
import { FluoroscopeError } from '../errors';
import { headerEnd, parseHeader, type SafetensorsFile, type SafetensorsHeader } from '../tensor/safetensors';
import { allocate, type ByteSink, type FileStart, WholeFile } from './byte-sink';

export interface TensorTaker {
  /** What the file holds, before any of it comes; once more where it begins again. */
  opened(header: SafetensorsHeader): void;
  /** @param file holds this one tensor; its bytes are the taker's from now on. */
  take(tensor: string, file: SafetensorsFile): void | Promise<void>;
}

/** Enough of a file to tell what it is, if it is something else. */
const TELLING = 512;

export class TensorSink implements ByteSink {
  #start = new WholeFile();
  #received = 0;
  #header: SafetensorsHeader | undefined;
  /** Those that have not come yet, in the order of their bytes. */
  #waiting: string[] = [];
  #bytes = new Uint8Array(0);
  #filled = 0;

  /** @param name names the file in errors. */
  constructor(
    private readonly name: string,
    private readonly taker: TensorTaker,
  ) {}

  begin(file: FileStart): void {
    this.#start = new WholeFile();
    this.#start.begin({ ...file, total: null });
    this.#received = 0;
    this.#header = undefined;
    this.#waiting = [];
  }

  /** @throws `safetensors-invalid`, `out-of-memory`, and what the taker throws */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#received += bytes.length;
    if (this.#header) return this.#fill(bytes);
    this.#start.write(bytes);
    if (this.#received >= TELLING) await this.#open(Infinity);
  }

  /** The file ends here. @throws as `write` */
  async end(): Promise<void> {
    if (!this.#header) await this.#open(this.#received);
    if (this.#waiting.length === 0) return;
    const last = [...this.#header!.tensors.values()].at(-1)!.end;
    throw new FluoroscopeError(
      'safetensors-invalid',
      `${this.name}: the file ends after ${this.#received} bytes, expected ${last}; fetch it again`,
    );
  }

  async #open(length: number): Promise<void> {
    const bytes = this.#start.bytes();
    const end = headerEnd(bytes, length, this.name);
    if (bytes.length < end && length === Infinity) return;
    this.#header = parseHeader(bytes, length, this.name);
    this.#start = new WholeFile();
    this.#waiting = [...this.#header.tensors.keys()];
    this.taker.opened(this.#header);
    this.#next();
    await this.#fill(bytes.subarray(end));
  }

  #next(): void {
    const tensor = this.#waiting[0];
    if (tensor === undefined) return;
    const { begin, end } = this.#header!.tensors.get(tensor)!;
    this.#bytes = allocate(end - begin, tensor);
    this.#filled = 0;
  }

  async #fill(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    for (;;) {
      const tensor = this.#waiting[0];
      if (tensor === undefined) {
        if (rest.length === 0) return;
        const why = `${this.name}: the file's last ${rest.length} bytes belong to no tensor`;
        throw new FluoroscopeError('safetensors-invalid', why);
      }
      const part = rest.subarray(0, this.#bytes.length - this.#filled);
      this.#bytes.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled < this.#bytes.length) return;
      const stored = this.#header!.tensors.get(tensor)!;
      const alone = { ...stored, begin: 0, end: this.#bytes.length };
      this.#waiting.shift();
      await this.taker.take(tensor, { ...this.#header!, tensors: new Map([[tensor, alone]]), bytes: this.#bytes });
      this.#next();
    }
  }
}
