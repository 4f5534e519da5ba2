/**
 * What Chrome's page is served, on this machine only: our modules, the model's files, and a place to send a file to.
 * Every address begins with a secret, so that no other program or page can ask.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { FluoroscopeError } from '../errors';
import type { ModelFiles } from '../model/files';

/** What of the folder is served, and as what. */
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface Site {
  readonly url: string;
  /** What the page has sent. */
  readonly file: Uint8Array<ArrayBuffer> | undefined;
  close(): Promise<void>;
}

export interface SiteContents {
  /** Holds the modules. */
  readonly folder: string;
  /** The one that the page loads. */
  readonly module: string;
  readonly files: ModelFiles;
}

export async function serve({ folder, module, files }: SiteContents): Promise<Site> {
  const root = `/${randomUUID()}/`;
  let file: Uint8Array<ArrayBuffer> | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (!pathname.startsWith(root)) return end(response, 404);
    const path = decodeURIComponent(pathname.slice(root.length));
    if (request.method === 'POST' && path === 'file') {
      const from = Number(searchParams.get('from'));
      if (from === 0) file = new Uint8Array(Number(searchParams.get('size')));
      await receive(request, file!.subarray(from, from + Number(request.headers['content-length'])));
      return end(response, 200);
    }
    if (request.method !== 'GET') return end(response, 405);
    if (path === '') return end(response, 200, 'text/html', pageOf(module));
    const [, directory] = /^model\/[^/]+\/(.*)$/.exec(path) ?? []; // as a page finds a model, under its name
    if (path === 'model' || directory !== undefined) {
      const name = directory ?? searchParams.get('path') ?? '';
      if (!isInside(name)) return end(response, 403);
      const bytes = await files.read(name);
      return bytes ? end(response, 200, 'application/octet-stream', bytes) : end(response, 404);
    }
    const type = TYPES[extname(path)];
    if (!path.startsWith('modules/') || !isInside(path) || !type) return end(response, 404);
    return end(response, 200, type, await readFile(join(folder, path.slice('modules/'.length))));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof FluoroscopeError) {
        return end(response, 422, 'application/json', JSON.stringify({ code: error.code, message: error.message }));
      }
      return end(response, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 404 : 500, 'text/plain', String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`,
    get file() {
      return file;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Isolated from other origins, which gives the page a finer clock. */
function end(response: ServerResponse, status: number, type = 'text/plain', body: string | Uint8Array = ''): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  response.end(body);
}

/** Whether a path stays below the folder that it is joined to. */
export function isInside(path: string): boolean {
  return path !== '' && !/^[/\\]|[:\0]/.test(path) && !path.split(/[/\\]/).includes('..');
}

async function receive(request: IncomingMessage, into: Uint8Array): Promise<void> {
  let received = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    into.set(chunk, received);
    received += chunk.length;
  }
  if (received !== into.length) throw new Error(`the page sent ${received} of ${into.length} bytes`);
}

const pageOf = (module: string) =>
  `<!doctype html><title>Fluoroscope</title><link rel="icon" href="data:,"><script type="module" src="modules/${module}"></script>`;
