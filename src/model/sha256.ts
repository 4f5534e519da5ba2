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
