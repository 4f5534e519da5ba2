/** A static server on this machine: files of a folder, and pages that a test makes up. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface Answer {
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Served {
  readonly url: string;
  /** Pages by their path, before files. */
  readonly pages: Map<string, Answer>;
  /** What was asked for, as `GET /path`. */
  readonly asked: string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/**
 * @param map from a request's path to a file's below the folder
 * @param shared sent with each file, as by a host that serves files to pages of every origin
 */
export async function serve(
  folder: string,
  map: (path: string) => string = (path) => path,
  shared: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const pages = new Map<string, Answer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname);
    asked.push(`${request.method} ${path}`);
    const page = pages.get(path);
    if (page) return void response.writeHead(200, { 'Content-Type': TYPES['.html'], ...page.headers }).end(page.html);
    if (path === '/favicon.ico') return void response.writeHead(204).end();
    const file = join(folder, map(path.endsWith('/') ? `${path}index.html` : path));
    const size = statSync(file, { throwIfNoEntry: false });
    if (!size?.isFile()) return void response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    const headers = { 'Content-Type': type, 'Content-Length': size.size, ...shared };
    response.writeHead(200, headers);
    if (request.method === 'HEAD') response.end();
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
