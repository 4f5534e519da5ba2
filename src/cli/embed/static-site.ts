/** Serves folders on this machine only, under the strictest policy that the components' documentation promises. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { isInside } from '../loopback';

const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; worker-src 'self'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
};

/** @param folders by the beginning of their paths, `''` last */
export async function serveFolders(folders: Readonly<Record<string, string>>) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname).slice(1) || 'index.html';
    const prefix = Object.keys(folders).find((beginning) => path.startsWith(beginning));
    const end = (status: number, type: string, body: string | Uint8Array) => {
      response.writeHead(status, {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(body),
        'Content-Security-Policy': STRICT_POLICY,
      });
      response.end(body);
    };
    if (prefix === undefined || !isInside(path)) return end(404, 'text/plain', '');
    readFile(join(folders[prefix]!, path.slice(prefix.length))).then(
      (body) => end(200, TYPES[extname(path)] ?? 'application/octet-stream', body),
      () => end(404, 'text/plain', ''),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
