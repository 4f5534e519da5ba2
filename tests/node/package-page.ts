/** The built package on a plain static host, for pages that a test opens in Chrome. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.json': 'application/json' };

/** Answers with a file of dist/ or fixtures/, to pages of every origin, or with 404. */
export function sendPackaged(path: string, response: ServerResponse): void {
  const file = join(root, path);
  response.setHeader('Access-Control-Allow-Origin', '*');
  if (!/^\/(dist|fixtures)\//.test(path) || !existsSync(file)) return void response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
  response.end(readFileSync(file));
}

export class Hosts {
  readonly #servers: Server[] = [];

  /** @returns its origin */
  async open(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}
