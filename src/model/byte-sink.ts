import { FluoroscopeError } from '../errors';

/** Where the bytes of a file go as they come. */
export interface ByteSink {
  /**
   * A file begins: at first, and again where a download had to start over or what was kept proved damaged. What came
   * before is void then.
   */
  begin(file: FileStart): void;
  /** @param bytes are only lent until it returns, or resolves. */
  write(bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
}

export interface FileStart {
  /** Bytes in all, as far as the server says so. */
  readonly total: number | null;
  /** What tells the server's versions of the file apart: a strong ETag or a date. */
  readonly version: string | null;
}

/** Holds a whole file. */
export class WholeFile implements ByteSink {
  #length = 0;
  #buffer = new Uint8Array(0);

  begin({ total }: FileStart): void {
    this.#length = 0;
    this.#reserve(total ?? 0);
  }

  write(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#buffer.length) this.#reserve(Math.max(end, 2 * this.#buffer.length, 65536));
    this.#buffer.set(bytes, this.#length);
    this.#length = end;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#buffer.length ? this.#buffer : this.#buffer.slice(0, this.#length);
  }

  #reserve(length: number): void {
    if (length === this.#buffer.length) return;
    const larger = allocate(length, 'a download');
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** @throws `out-of-memory` */
export function allocate(length: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new FluoroscopeError('out-of-memory', `${what} needs ${length} bytes, more than can be had`, { cause });
  }
}
