import { sha256 as noble } from '@noble/hashes/sha2.js';
import type { ByteSink, FileStart } from './byte-sink';

/** @returns in hexadecimal */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await digest(bytes));
}

export async function digest(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Hashes what goes through it; Web Cryptography itself only hashes what is there as a whole. */
export class Hashing implements ByteSink {
  #hash = noble.create();

  constructor(private readonly sink: ByteSink) {}

  begin(file: FileStart): void {
    this.#hash = noble.create();
    this.sink.begin(file);
  }

  write(bytes: Uint8Array<ArrayBuffer>): void | Promise<void> {
    this.#hash.update(bytes);
    return this.sink.write(bytes);
  }

  /** Of all since it last began, in hexadecimal; once. */
  digest(): string {
    return hex(this.#hash.digest());
  }
}
