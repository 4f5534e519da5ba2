import type { ModelFiles } from '../../src/model/files';

/** A model directory in memory, called `tiny`: bytes as they are, text as UTF-8, anything else as JSON. */
export function directory(contents: Readonly<Record<string, unknown>>): ModelFiles & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    name: 'tiny',
    reads,
    async read(path) {
      reads.push(path);
      if (!Object.hasOwn(contents, path)) return null;
      const content = contents[path];
      if (content instanceof Uint8Array) return new Uint8Array(content);
      return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
    },
  };
}

/** The `code: message` that a promise rejects with. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return `${code}: ${message}`;
  }
  return 'accepted';
}
