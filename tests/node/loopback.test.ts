import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Site, serve } from '../../src/cli/loopback';
import { FluoroscopeError } from '../../src/errors';
import type { ModelFiles } from '../../src/model/files';

const read: string[] = [];
const files: ModelFiles = {
  name: 'tiny',
  async read(path) {
    read.push(path);
    if (path === 'broken') throw new FluoroscopeError('fetch-failed', 'tiny/broken cannot be read');
    return path === 'onnx/model.safetensors' ? Uint8Array.of(1, 2, 3) : null;
  },
};
let site: Site;

beforeAll(async () => {
  site = await serve({ folder: 'tests/node', module: 'loopback.test.js', files });
});
afterAll(async () => {
  await site.close();
});

const model = (path: string) => fetch(`${site.url}model?${new URLSearchParams({ path })}`);

test('serves the model as its files read, on this machine alone', async () => {
  expect(new URL(site.url).hostname).toBe('127.0.0.1');
  const response = await model('onnx/model.safetensors');
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
  expect((await model('missing')).status).toBe(404);
  const broken = await model('broken');
  expect(broken.status).toBe(422);
  expect(await broken.json()).toEqual({ code: 'fetch-failed', message: 'tiny/broken cannot be read' });
});

test.each(['', '..', '../secret', 'a/../../secret', 'a\\..\\secret', '/etc/passwd', 'C:\\secret', '\0'])(
  'refuses %j without asking for it',
  async (path) => {
    expect((await model(path)).status).toBe(403);
    expect(read).not.toContain(path);
  },
);

test('serves modules and nothing else of their folder', async () => {
  const status = async (path: string) => (await fetch(site.url + path)).status;
  expect(await status('')).toBe(200);
  expect(await status('modules/nothing.js')).toBe(404);
  expect(await status('modules/loopback.test.ts')).toBe(404);
  expect(await rawStatus('modules/../../../scripts/install.js')).toBe(404);
  expect(await rawStatus('modules/..%2f..%2fdist/index.js')).toBe(404);
  expect(await rawStatus('%E0%A4%A')).toBe(500);
});

test('answers nobody who lacks the secret', async () => {
  const { origin } = new URL(site.url);
  expect((await fetch(`${origin}/`)).status).toBe(404);
  expect((await fetch(`${origin}/${'0'.repeat(36)}/model?path=onnx/model.safetensors`)).status).toBe(404);
});

test('puts a file together that comes in pieces', async () => {
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31) % 251);
  for (let from = 0; from < bytes.length; from += 1_000_000) {
    const address = `${site.url}file?${new URLSearchParams({ from: String(from), size: String(bytes.length) })}`;
    expect((await fetch(address, { method: 'POST', body: bytes.subarray(from, from + 1_000_000) })).status).toBe(200);
  }
  expect(Buffer.compare(site.file!, bytes)).toBe(0);
});

/** Without the tidying that fetch does to a path. */
function rawStatus(path: string): Promise<number | undefined> {
  const { hostname, port, pathname } = new URL(site.url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path: pathname + path }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}
