import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FileStart } from '../../src/model/byte-sink';
import { readJson, urlFiles } from '../../src/model/files';
import { sha256, unhex } from '../../src/model/sha256';
import { takeWeights } from '../../src/model/weight-files';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { emptyCaches } from '../harness/caches';
import { PATIENT } from '../harness/until';

const NAME = 'fluoroscope-files/2';
const URL_OF_A = new URL('/models/tiny/a.safetensors', location.href).href;

interface Served {
  status: number;
  bytes: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** What HEAD answers, where it is something else. */
  head?: () => Response;
}

/** A server of one file, in place of the network; says what it was asked for. */
function serve(first: Partial<Served> = {}) {
  const file: Served = {
    status: 200,
    bytes: Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 251),
    headers: { etag: '"one"' },
    ...first,
  };
  const asked: string[] = [];
  const fake = vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, { method = 'GET' } = {}) => {
    asked.push(method);
    if (method === 'HEAD' && file.head) return file.head();
    return new Response(method === 'GET' ? file.bytes.slice() : null, { status: file.status, headers: file.headers });
  });
  onTestFinished(() => fake.mockRestore());
  return { file, asked };
}

const read = (options = {}) => urlFiles('/models/tiny').read('a.safetensors', options);

async function kept(): Promise<Response | undefined> {
  return (await caches.open(NAME)).match(URL_OF_A);
}

/** The file and its SHA-256. */
async function keptBytes(): Promise<Uint8Array | undefined> {
  const entry = await kept();
  return entry && new Uint8Array(await entry.arrayBuffer());
}

const eventually = (assertion: () => Promise<void>) => vi.waitFor(assertion, PATIENT);

/** Once the file has been kept; keeping goes on when the file has been read already. */
async function visited(): Promise<void> {
  await read();
  await eventually(async () => expect(await kept()).toBeDefined());
}

test('a second visit downloads nothing: one HEAD request, and the same bytes', async () => {
  await emptyCaches();
  const { file, asked } = serve();
  await visited();
  expect(asked).toEqual(['GET']);
  const seen: unknown[] = [];
  expect(await read({ onProgress: (progress: unknown) => seen.push(progress) })).toEqual(file.bytes);
  expect(asked).toEqual(['GET', 'HEAD']);
  expect(seen).toEqual([{ path: 'a.safetensors', received: 5000, total: 5000 }]);
  expect(await keptBytes()).toEqual(Uint8Array.of(...file.bytes, ...unhex(await sha256(file.bytes))));
});

test.each([
  ['another ETag', { etag: '"two"' }],
  ['no ETag any more', {}],
  ['a date in place of the ETag', { 'last-modified': 'Mon, 30 Nov 2026 02:00:00 GMT' }],
])('%s is another version: it is downloaded and takes the old one’s place', async (_, headers) => {
  await emptyCaches();
  const { file, asked } = serve();
  await visited();
  Object.assign(file, { headers, bytes: Uint8Array.of(1, 2, 3) });
  expect(await read()).toEqual(Uint8Array.of(1, 2, 3));
  expect(asked).toEqual(['GET', 'HEAD', 'GET']);
  const now = async () => (await keptBytes())?.subarray(0, 3);
  const expected = Object.keys(headers).length > 0 ? Uint8Array.of(1, 2, 3) : undefined;
  await eventually(async () => expect(await now()).toEqual(expected));
  expect((await (await caches.open(NAME)).keys()).length).toBe(expected ? 1 : 0);
});

test('a date serves where there is no strong ETag; without either nothing is kept', async () => {
  await emptyCaches();
  const { file, asked } = serve({ headers: { etag: 'W/"one"', 'last-modified': 'Mon, 30 Nov 2026 02:00:00 GMT' } });
  await visited();
  await read();
  expect(asked).toEqual(['GET', 'HEAD']);
  await (await caches.open(NAME)).delete(URL_OF_A);
  file.headers = { etag: 'W/"one"' };
  await read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await kept()).toBeUndefined();
  await read();
  expect(asked.slice(2)).toEqual(['GET', 'GET']);
});

describe('an entry that was corrupted', () => {
  const broken: [string, (entry: Response, bytes: Uint8Array<ArrayBuffer>) => Response][] = [
    ['a changed byte', ({ headers }, bytes) => new Response(bytes.with(7, bytes[7]! ^ 1), { headers })],
    ['a missing end', ({ headers }, bytes) => new Response(bytes.slice(0, 4000), { headers })],
    ['no bytes', ({ headers }) => new Response(null, { headers })],
    ['no hash', ({ headers }, bytes) => new Response(bytes.slice(), { headers })],
    ['no version', (_, bytes) => new Response(Uint8Array.of(...bytes, ...new Uint8Array(32)))],
  ];
  test.each(broken)('%s: is dropped and downloaded once, and the next visit has it', async (_, breaks) => {
    await emptyCaches();
    const { file, asked } = serve();
    await visited();
    const cache = await caches.open(NAME);
    await cache.put(URL_OF_A, breaks((await kept())!, file.bytes));
    expect(await read()).toEqual(file.bytes);
    expect(asked.filter((method) => method === 'GET').length).toBe(2);
    const whole = Uint8Array.of(...file.bytes, ...unhex(await sha256(file.bytes)));
    await eventually(async () => expect(await keptBytes()).toEqual(whole));
    expect(await read()).toEqual(file.bytes);
    expect(asked.filter((method) => method === 'GET').length).toBe(2);
  });
});

describe('a server that', () => {
  test.each([
    ['cannot be reached', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['is out of order', () => new Response(null, { status: 503 })],
  ])('%s cannot contradict: what is kept serves', async (_, head) => {
    await emptyCaches();
    const { file, asked } = serve();
    await visited();
    file.head = head as () => Response;
    expect(await read()).toEqual(file.bytes);
    expect(asked).toEqual(['GET', 'HEAD']);
  });

  test('does not know HEAD sends the file again', async () => {
    await emptyCaches();
    const { file, asked } = serve();
    await visited();
    file.head = () => new Response(null, { status: 405 });
    expect(await read()).toEqual(file.bytes);
    expect(asked).toEqual(['GET', 'HEAD', 'GET']);
  });

  test('has lost the file has lost it here too', async () => {
    await emptyCaches();
    const { file } = serve();
    await visited();
    file.status = 404;
    expect(await read()).toBeNull();
    expect(await kept()).toBeUndefined();
  });

  test('answers with a page now is refused, and what is kept is not taken for it', async () => {
    await emptyCaches();
    const { file } = serve();
    await visited();
    file.headers = { 'content-type': 'text/html; charset=utf-8', etag: '"page"' };
    await expect(read()).rejects.toMatchObject({ code: 'fetch-failed', message: /answers with a web page/ });
  });
});

describe('a load never fails for', () => {
  test('a storage that is full: the other files make way, and the next visit keeps this one', async () => {
    await emptyCaches();
    const { file } = serve();
    await (await caches.open(NAME)).put('/models/old/b', new Response('old'));
    const { put } = Cache.prototype;
    let refused = 0;
    const full = vi.spyOn(Cache.prototype, 'put').mockImplementation(async function (this: Cache, ...entry) {
      if (refused++ === 0) throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, entry);
    });
    onTestFinished(() => full.mockRestore());
    expect(await read()).toEqual(file.bytes);
    await eventually(async () => expect(await (await caches.open(NAME)).keys()).toEqual([]));
    await visited();
    expect((await (await caches.open(NAME)).keys()).map(({ url }) => url)).toEqual([URL_OF_A]);
  });

  test('a storage that stays full, or is forbidden, or breaks', async () => {
    await emptyCaches();
    const { file, asked } = serve();
    const refusals = [
      vi.spyOn(Cache.prototype, 'put').mockRejectedValue(new DOMException('full', 'QuotaExceededError')),
      vi.spyOn(Cache.prototype, 'match').mockRejectedValue(new Error('broken')),
      vi.spyOn(CacheStorage.prototype, 'open').mockRejectedValue(new DOMException('no', 'SecurityError')),
    ];
    onTestFinished(() => {
      for (const refusal of refusals) refusal.mockRestore();
    });
    while (refusals.length > 0) {
      expect(await read()).toEqual(file.bytes);
      refusals.pop()!.mockRestore();
    }
    expect(await read({ cache: false })).toEqual(file.bytes);
    expect(asked).toEqual(['GET', 'GET', 'GET', 'GET']);
  });
});

test('cache: false neither asks what is kept nor keeps', async () => {
  await emptyCaches();
  const { asked } = serve();
  await read({ cache: false });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await kept()).toBeUndefined();
  await visited();
  await read({ cache: false });
  expect(asked).toEqual(['GET', 'GET', 'GET']);
});

test('storages of an older form are dropped, and others’ left alone', async () => {
  const storage = await emptyCaches();
  serve();
  for (const name of ['fluoroscope-files/1', 'somebody-else'])
    await (await storage.open(name)).put('/a', new Response());
  await visited();
  expect((await storage.keys()).sort()).toEqual([NAME, 'somebody-else']);
});

test('an aborted load takes nothing from what is kept', async () => {
  await emptyCaches();
  const { file } = serve();
  await visited();
  const stop = new AbortController();
  file.head = () => {
    stop.abort('enough');
    return Promise.reject(new DOMException('aborted', 'AbortError')) as never;
  };
  await expect(read({ signal: stop.signal })).rejects.toBe('enough');
});

test('a storage that takes nothing and says nothing holds the load up for a moment alone', async () => {
  await emptyCaches();
  const { file } = serve({ bytes: new Uint8Array(40_000_000).fill(7) });
  const silent = vi.spyOn(Cache.prototype, 'put').mockImplementation(() => new Promise(() => {}));
  onTestFinished(() => silent.mockRestore());
  expect(await sha256((await read())!)).toBe(await sha256(file.bytes));
  expect(silent).toHaveBeenCalledTimes(1);
});

test('what a reader of a damaged file says of it is not heard: it reads the file that comes in its place', async () => {
  await emptyCaches();
  const { file } = serve();
  await visited();
  await (await caches.open(NAME)).put(
    URL_OF_A,
    new Response(new Uint8Array(100), { headers: (await kept())!.headers }),
  );
  const begun: (string | null)[] = [];
  let bytes = new Uint8Array(0);
  const picky = {
    begin({ version }: FileStart) {
      begun.push(version);
      bytes = new Uint8Array(0);
    },
    write(more: Uint8Array) {
      if (more[1] !== file.bytes[1]) throw new Error('this is no such file');
      bytes = Uint8Array.of(...bytes, ...more);
    },
  };
  expect(await urlFiles('/models/tiny').stream!('a.safetensors', picky)).toBe(await sha256(file.bytes));
  expect(bytes).toEqual(file.bytes);
  expect(begun).toEqual(['"one"', '"one"']);
  file.bytes[1]! ^= 1;
  file.headers = { etag: '"two"' };
  const problem = picky.write;
  picky.write = () => problem(new Uint8Array(2));
  await expect(urlFiles('/models/tiny').stream!('a.safetensors', picky)).rejects.toThrow('this is no such file');
});

test('a page that may not even ask for the storage loads without it', async () => {
  const { file, asked } = serve();
  const forbidden = vi.spyOn(globalThis, 'caches', 'get').mockImplementation(() => {
    throw new DOMException('sandboxed', 'SecurityError');
  });
  onTestFinished(() => forbidden.mockRestore());
  expect(await read()).toEqual(file.bytes);
  expect(asked).toEqual(['GET']);
});

describe('a file that was cut short without a Content-Length to tell it by', () => {
  test('is not kept: the next load of a text has it whole', async () => {
    await emptyCaches();
    const { file } = serve({ bytes: new TextEncoder().encode('{"a": [1, 2') });
    const load = () => readJson(urlFiles('/models/tiny'), 'a.safetensors');
    await expect(load()).rejects.toMatchObject({ code: 'json-invalid' });
    file.bytes = new TextEncoder().encode('{"a": [1, 2]}');
    expect(await load()).toEqual({ a: [1, 2] });
  });

  test('is not kept: the next load of weights has them whole', async () => {
    await emptyCaches();
    const tensor = { name: 'a', dtype: 'F32' as const, shape: [200], data: new Float32Array(200).fill(3) };
    const whole = writeSafetensors([tensor]);
    const { file } = serve({ bytes: whole.slice(0, 700) });
    const taken: string[] = [];
    const taker = { opened: () => undefined, take: (name: string) => void taken.push(name) };
    const load = () => takeWeights(urlFiles('/models/tiny'), taker);
    await expect(load()).rejects.toMatchObject({ code: 'safetensors-invalid', message: /fetch it again$/ });
    file.bytes = whole;
    expect(await load()).toBe(await sha256(whole));
    expect(taken).toEqual(['a']);
  });
});
