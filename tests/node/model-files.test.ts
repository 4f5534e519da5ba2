import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { localFiles } from '../../src/cli/local-files';
import { WholeFile } from '../../src/model/byte-sink';
import { readConfig } from '../../src/model/config';
import { download } from '../../src/model/download';
import { type ReadProgress, urlFiles } from '../../src/model/files';

const FILE = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 31) % 251);
const [LENGTH, HALF] = [FILE.length, FILE.length / 2];

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives the first request the first answer and so on, and all later ones the last. */
async function serve(...answers: Answer[]) {
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.push(request.headers), answers.length) - 1]!;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny`;
  return { url, files: urlFiles(url), requests };
}

const whole: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': LENGTH, etag: '"one"' }).end(FILE);
};

/** Sends `length` bytes of a whole file, then breaks the connection. */
function broken(length: number, headers: Record<string, string> = { etag: '"one"' }): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': LENGTH, ...headers });
    response.write(FILE.subarray(0, length), () => setTimeout(() => response.destroy(), 50));
  };
}

/** Sends what a Range header asks for, `length` bytes of it before it breaks. */
function rest(length = Infinity, headers: Record<string, string> = { etag: '"one"' }): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]);
    const range = `bytes ${from}-${LENGTH - 1}/${LENGTH}`;
    response.writeHead(206, { 'content-range': range, 'content-length': LENGTH - from, ...headers });
    if (from + length >= LENGTH) response.end(FILE.subarray(from));
    else response.write(FILE.subarray(from, from + length), () => setTimeout(() => response.destroy(), 50));
  };
}

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (_, response) => {
    response.writeHead(code, headers).end(body);
  };

const close: Answer = (request) => request.socket.destroy();

function reading({ files }: { files: ReturnType<typeof urlFiles> }, path = 'model.safetensors') {
  const seen: ReadProgress[] = [];
  return { seen, bytes: files.read(path, { onProgress: (progress) => seen.push(progress) }) };
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => expect.unreachable(),
    (reason: unknown) => reason as Error & { code: string },
  );
  return `${error.code}: ${error.message}`;
}

describe('a download', () => {
  test('reports its progress', async () => {
    const server = await serve(whole);
    const { seen, bytes } = reading(server);
    expect(await bytes).toEqual(FILE);
    expect(server.requests.length).toBe(1);
    expect(seen[0]).toEqual({ path: 'model.safetensors', received: 0, total: LENGTH });
    expect(seen.at(-1)).toEqual({ path: 'model.safetensors', received: LENGTH, total: LENGTH });
    expect(seen.every(({ received }, i) => i === 0 || received > seen[i - 1]!.received)).toBe(true);
  });

  test('of unknown length has no total until its end', async () => {
    const { seen, bytes } = reading(await serve((_, response) => void response.writeHead(200).end(FILE)));
    expect(await bytes).toEqual(FILE);
    expect(seen.at(-2)).toEqual({ path: 'model.safetensors', received: LENGTH, total: null });
    expect(seen.at(-1)).toEqual({ path: 'model.safetensors', received: LENGTH, total: LENGTH });
  });

  test('that is compressed has none before either: its Content-Length counts other bytes', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-length': gzipSync(FILE).length };
    const { seen, bytes } = reading(
      await serve((_, response) => void response.writeHead(200, headers).end(gzipSync(FILE))),
    );
    expect(await bytes).toEqual(FILE);
    expect(seen.at(-2)).toEqual({ path: 'model.safetensors', received: LENGTH, total: null });
    expect(seen.at(-1)).toEqual({ path: 'model.safetensors', received: LENGTH, total: LENGTH });
  });

  test('may be empty', async () => {
    expect(await reading(await serve(status(200, { 'content-length': '0' }))).bytes).toEqual(new Uint8Array(0));
  });

  test('finds its files below the address, with or without a slash at its end', async () => {
    const paths: string[] = [];
    const server = await serve((request, response) => {
      paths.push(request.url!);
      whole(request, response);
    });
    for (const base of [server.url, `${server.url}/`, new URL(server.url)]) await urlFiles(base).read('a/config.json');
    expect(paths).toEqual(Array(3).fill('/models/tiny/a/config.json'));
  });

  test.each([
    ['https://host/models/gpt2/', 'gpt2'],
    ['https://host/models/gpt2', 'gpt2'],
    ['https://huggingface.co/openai-community/gpt2/resolve/main', 'gpt2'],
    ['https://host', 'host'],
  ])('%s is named %s', (url, name) => {
    expect(urlFiles(url).name).toBe(name);
  });

  test('an address that is relative to nothing is refused', () => {
    expect(() => urlFiles('models/gpt2')).toThrow(
      'models/gpt2 is not an address; expected a URL such as https://host/model/',
    );
  });
});

describe('a redirect', () => {
  const to = (url: string, code = 302): Answer => status(code, { location: url });

  test('is followed, to another host too, and what breaks there is gone on with from the address that was asked for', async () => {
    const there = await serve(broken(HALF), rest());
    const here = await serve(to(`${there.url}/moved`));
    expect(await reading(here).bytes).toEqual(FILE);
    expect(here.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${HALF}-`]);
    expect(there.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${HALF}-`]);
  });

  test('to a web page, or to what is refused there, is refused naming both addresses', async () => {
    const page = await serve(status(200, { 'content-type': 'text/html' }, '<!doctype html>'));
    const here = await serve(to(`${page.url}/login`));
    expect(await refusal(reading(here).bytes)).toMatch(
      `fetch-failed: ${here.url}/model.safetensors leads to ${page.url}/login, which answers with a web page, not the file`,
    );
    const closed = await serve(status(403));
    const there = await serve(to(`${closed.url}/private`, 307));
    expect(await refusal(reading(there).bytes)).toBe(
      `fetch-failed: ${there.url}/model.safetensors leads to ${closed.url}/private, which answers with status 403 Forbidden`,
    );
  });

  test('to where nothing is, is a file that there is none of', async () => {
    const gone = await serve(status(404));
    expect(await reading(await serve(to(gone.url))).bytes).toBeNull();
  });

  test('out of https is refused: anyone on the way could change the file', async () => {
    const answer = Object.defineProperties(new Response('{}'), {
      url: { value: 'http://mirror.example/a' },
      redirected: { value: true },
    });
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer);
    cleanUp.push(() => vi.restoreAllMocks());
    expect(await refusal(download(new URL('https://models.example/a'), new WholeFile(), () => {}))).toBe(
      'fetch-failed: https://models.example/a leads to http://mirror.example/a, which anyone on the way could change: ' +
        'give an address that stays on https',
    );
  });

  test('in a circle is given up', async () => {
    const server = await serve((request, response) => void response.writeHead(302, { location: request.url! }).end());
    expect(await refusal(reading(server).bytes)).toMatch(/^fetch-failed: .*\(redirect count exceeded\); got 0 of/);
  });
});

describe('a broken connection', () => {
  test('goes on where it broke, as often as it breaks', async () => {
    const server = await serve(broken(HALF), rest(HALF / 2), close, rest());
    const { seen, bytes } = reading(server);
    expect(await bytes).toEqual(FILE);
    expect(server.requests.map((headers) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      [`bytes=${HALF}-`, '"one"'],
      [`bytes=${1.5 * HALF}-`, '"one"'],
      [`bytes=${1.5 * HALF}-`, '"one"'],
    ]);
    expect(seen.every(({ received }, i) => i === 0 || received >= seen[i - 1]!.received)).toBe(true);
    expect(seen.at(-1)!.received).toBe(LENGTH);
  });

  test.each<[string, Record<string, string>, string | undefined]>([
    ['a date', { 'last-modified': 'Tue, 01 Jul 2025 10:00:00 GMT' }, 'Tue, 01 Jul 2025 10:00:00 GMT'],
    [
      'a date rather than a weak ETag',
      { etag: 'W/"1"', 'last-modified': 'Tue, 01 Jul 2025 10:00:00 GMT' },
      'Tue, 01 Jul 2025 10:00:00 GMT',
    ],
    ['nothing', {}, undefined],
  ])('is gone on with by %s', async (_, headers, expected) => {
    const server = await serve(broken(HALF, headers), rest(Infinity, headers));
    expect(await reading(server).bytes).toEqual(FILE);
    expect(server.requests[1]!['if-range']).toBe(expected);
  });

  test('a server that ignores Range sends all of it again', async () => {
    const server = await serve(broken(HALF), whole);
    const { seen, bytes } = reading(server);
    expect(await bytes).toEqual(FILE);
    expect(server.requests.length).toBe(2);
    expect(seen.some(({ received }, i) => i > 0 && received < seen[i - 1]!.received)).toBe(true);
  });

  test.each<[string, Answer]>([
    ['another version', rest(Infinity, { etag: '"two"' })],
    [
      'other bytes than those asked for',
      status(206, { etag: '"one"', 'content-range': `bytes 0-9/${LENGTH}` }, '0123456789'),
    ],
    [
      'a file of another size',
      status(206, { etag: '"one"', 'content-range': `bytes ${HALF}-${HALF}/${HALF + 1}` }, '0'),
    ],
    ['a range that it does not name', status(206, { etag: '"one"' }, '0')],
    ['that there is no such range', status(416)],
  ])('a server that answers with %s is asked for all of it', async (_, answer) => {
    const server = await serve(broken(HALF), answer, whole);
    expect(await reading(server).bytes).toEqual(FILE);
    expect(server.requests[2]!.range).toBeUndefined();
  });

  /** Sends half of the file, then nothing more, ever. */
  const stalled: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': LENGTH, etag: '"one"' }).write(FILE.subarray(0, HALF));
  };
  /** @param silence in ms: more than a busy machine takes from one byte to the next */
  const impatient = async (url: string, silence = 1000) => {
    const file = new WholeFile();
    expect(await download(new URL(`${url}/a`), file, () => {}, undefined, silence)).toBe(true);
    return file.bytes();
  };

  test('a server that falls silent is asked for the rest', async () => {
    const server = await serve(stalled, rest());
    expect(await impatient(server.url)).toEqual(FILE);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${HALF}-`]);
  });

  test('a server that always falls silent is given up', async () => {
    const server = await serve(stalled);
    expect(await refusal(impatient(server.url))).toContain(
      `/a: no byte came for 1 s; got ${HALF} of ${LENGTH} bytes in 4 attempts in a row; check`,
    );
    expect(server.requests.length).toBe(5);
  });

  test('a server that is slow is waited for', async () => {
    const server = await serve(async (_, response) => {
      response.writeHead(200, { 'content-length': LENGTH });
      for (let at = 0; at < LENGTH; at += LENGTH / 8) {
        response.write(FILE.subarray(at, at + LENGTH / 8));
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      response.end();
    });
    expect(await impatient(server.url, 2000)).toEqual(FILE); // Longer than any silence, shorter than all of it.
    expect(server.requests.length).toBe(1);
  });

  test('a server that is busy is asked again', async () => {
    const server = await serve(broken(HALF), status(503), rest());
    expect(await reading(server).bytes).toEqual(FILE);
  });

  test('a file that goes away is not a file that never was', async () => {
    const server = await serve(broken(HALF), status(404));
    expect(await refusal(reading(server).bytes)).toBe(
      `fetch-failed: ${server.url}/model.safetensors: the server answered with status 404 Not Found`,
    );
  });

  test.each<[string, Answer[], number]>([
    ['at the same place for ever', [broken(HALF), rest(0)], 5],
    ['at the same place for ever, ignoring Range', [broken(HALF)], 5],
    ['before the first byte', [close], 4],
  ])('%s ends after 4 attempts without a new byte', async (_, answers, attempts) => {
    const server = await serve(...answers);
    const message = await refusal(reading(server).bytes);
    expect(message).toMatch(/^fetch-failed: http:\/\/127\.0\.0\.1:\d+\/models\/tiny\/model\.safetensors: /);
    const got = attempts === 5 ? `${HALF} of ${LENGTH}` : '0 of an unknown number of';
    expect(message).toContain(`; got ${got} bytes in 4 attempts in a row; check the address, the connection and`);
    expect(server.requests.length).toBe(attempts);
  });
});

describe('an abort', () => {
  test('midway rejects with its reason and lets the connection go', async () => {
    let closed: Promise<unknown> | undefined;
    const server = await serve((_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, { 'content-length': LENGTH }).write(FILE.subarray(0, HALF));
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ received }: ReadProgress) => received > 0 && controller.abort(reason);
    const bytes = server.files.read('model.safetensors', { onProgress, signal: controller.signal });
    await expect(bytes).rejects.toBe(reason);
    await closed;
    expect(server.requests.length).toBe(1);
  });

  test('between two attempts does not wait for the next', async () => {
    const server = await serve(close);
    const controller = new AbortController();
    const bytes = server.files.read('config.json', { signal: controller.signal });
    const refused = expect(bytes).rejects.toBe('enough');
    await vi.waitFor(() => expect(server.requests).toHaveLength(3), { timeout: 20_000, interval: 5 });
    await new Promise((resolve) => setTimeout(resolve, 50)); // the third is over too; the fourth is due a second after it
    let later = false;
    const timer = setTimeout(() => (later = true), 100);
    controller.abort('enough');
    await refused;
    expect(later).toBe(false);
    clearTimeout(timer);
    expect(server.requests).toHaveLength(3);
  });

  test('beforehand asks for nothing', async () => {
    const server = await serve(whole);
    await expect(server.files.read('a', { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    expect(server.requests.length).toBe(0);
  });

  test("a listener's own error is not taken for a broken connection", async () => {
    const server = await serve(whole);
    const onProgress = () => {
      throw new RangeError('mine');
    };
    await expect(server.files.read('a', { onProgress })).rejects.toThrow(new RangeError('mine'));
    expect(server.requests.length).toBe(1);
  });
});

describe('a server that has no such file', () => {
  test.each([404, 410])('says so with %i', async (code) => {
    expect(await reading(await serve(status(code))).bytes).toBeNull();
  });

  test.each([
    [500, '500 Internal Server Error'],
    [403, '403 Forbidden'],
    [204, '204 No Content'],
  ])('or fails with %i, and is asked once', async (code, text) => {
    const server = await serve(status(code));
    expect(await refusal(reading(server).bytes)).toBe(
      `fetch-failed: ${server.url}/model.safetensors: the server answered with status ${text}`,
    );
    expect(server.requests.length).toBe(1);
  });

  const page = '<!doctype html><title>Sign in</title>';
  const cure =
    'a web page, not the file itself; check the address (on huggingface.co it has /resolve/ where pages have /blob/) ' +
    'and whether the file exists and needs no login';

  test('or sends a web page', async () => {
    const server = await serve(status(200, { 'content-type': 'text/html; charset=utf-8' }, page));
    expect(await refusal(reading(server).bytes)).toBe(
      `fetch-failed: ${server.url}/model.safetensors answers with ${cure}`,
    );
  });

  test('or sends a web page under another type', async () => {
    const server = await serve(status(200, { 'content-type': 'application/json' }, page));
    expect(await refusal(readConfig(server.files))).toBe(`json-invalid: tiny/config.json is ${cure}`);
  });

  test('is not asked for a page: it might have one to send', async () => {
    const server = await serve(whole);
    await reading(server).bytes;
    expect(server.requests[0]!.accept).toBe('application/octet-stream, application/json');
  });
});

describe('a directory on disk', () => {
  const directory = () => {
    const path = mkdtempSync(join(tmpdir(), 'fluoroscope-'));
    cleanUp.push(() => rmSync(path, { recursive: true }));
    return path;
  };

  test('is read with progress', async () => {
    const path = directory();
    writeFileSync(join(path, 'model.safetensors'), FILE);
    writeFileSync(join(path, 'empty'), '');
    const files = localFiles(path);
    const seen: ReadProgress[] = [];
    const onProgress = (progress: ReadProgress) => seen.push(progress);
    expect(await files.read('model.safetensors', { onProgress })).toEqual(FILE);
    expect(seen).toEqual([
      { path: 'model.safetensors', received: 0, total: LENGTH },
      { path: 'model.safetensors', received: LENGTH, total: LENGTH },
    ]);
    expect(await files.read('empty')).toEqual(new Uint8Array(0));
    expect(path.endsWith(files.name)).toBe(true);
  });

  test('lacks a file, or itself', async () => {
    expect(await localFiles(directory()).read('config.json')).toBeNull();
    expect(await localFiles(join(directory(), 'gone')).read('config.json')).toBeNull();
  });

  test('cannot give a folder for a file, nor the file below a file', async () => {
    const path = directory();
    writeFileSync(join(path, 'file'), FILE);
    const folder = refusal(localFiles(join(path, '..')).read(localFiles(path).name));
    expect(await folder).toMatch(/^fetch-failed: .* cannot be read: it is not a file$/);
    expect(await refusal(localFiles(path).read('file/config.json'))).toMatch(/cannot be read: ENOTDIR/);
  });

  test('stops when told to', async () => {
    const read = localFiles(directory()).read('config.json', { signal: AbortSignal.abort('enough') });
    await expect(read).rejects.toBe('enough');
  });
});
