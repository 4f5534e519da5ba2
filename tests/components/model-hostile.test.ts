/** Servers that answer something else, and texts that are made to break pages: each ends in a state that says so. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { FluoroModel } from '../../components/index';
import { readTrace, writeTrace } from '../../src/index';
import { fixtureModel } from '../harness/fixtures';
import { recordingUrl, statesOf, watchNetwork } from './model-network';
import { expectAccessible, mount, part, prepareModel, textOf, until } from './mount';

const PROMPT = '<bos> a b a';
const PAGE = '<!doctype html><title>Sign in</title>';

afterEach(() => vi.restoreAllMocks());

const html = (url?: string) => {
  const response = new Response(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  if (url) Object.defineProperties(response, { redirected: { value: true }, url: { value: url } });
  return response;
};

/** A body that breaks off after so many of the file's bytes. */
async function halfway(url: string, share: number): Promise<Response> {
  const { fetch } = window;
  const whole = new Uint8Array(await (await fetch.call(window, new Request(url))).arrayBuffer());
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(whole.slice(0, Math.floor(share * whole.length)));
      if (share === 1) controller.close();
      else setTimeout(() => controller.error(new TypeError('network error')));
    },
  });
  return new Response(body, { headers: { 'content-length': String(whole.length) } });
}

async function broken(model: FluoroModel): Promise<string> {
  await mount(model);
  await until(() => model.state === 'error');
  await expectAccessible(model);
  return textOf(part(model, 'status'));
}

/** Tries again on the server as it is. */
async function expectRecovered(model: FluoroModel): Promise<void> {
  vi.restoreAllMocks();
  part(model, 'status').querySelector('button')!.click();
  await until(() => model.state === 'ready' && model.trace?.kind === 'live');
  expect(model.shadowRoot!.querySelector('[part="status"]')).toBeNull();
}

test.each(['javascript:alert(1)', 'data:text/plain,x'])('%s is no model’s address', async (src) => {
  const model = await prepareModel(src, PROMPT);
  expect(await broken(model)).toMatch(/ is not an address; expected a URL .* usage Try again$/);
});

describe('a model’s address that', () => {
  test.each([
    [
      'leads to a sign-in page',
      () => html('https://elsewhere.example/login'),
      /answers with a web page.* fetch-failed Try again$/,
    ],
    ['answers with a web page', () => html(), /answers with a web page.* fetch-failed Try again$/],
    [
      'answers 404',
      () => new Response('', { status: 404 }),
      /model induction is not at http.* file-missing Try again$/,
    ],
    ['answers 403', () => new Response('', { status: 403 }), /status 403.* fetch-failed Try again$/],
    [
      'answers with half of its JSON',
      () => new Response('{"n_layers": 2,'),
      /config\.json is not valid JSON.* json-invalid Try again$/,
    ],
    [
      'answers with other JSON',
      () => Response.json({ hello: 'world' }),
      / (config-invalid|architecture-unknown) Try again$/,
    ],
    ['answers with a list', () => Response.json([1, 2]), / config-invalid Try again$/],
  ])('%s', async (_, answer, says) => {
    watchNetwork((url) => (url.endsWith('config.json') && !url.includes('tokenizer') ? answer() : undefined));
    const model = await prepareModel('induction', PROMPT, 'fluoro-heads');
    expect(await broken(model)).toMatch(says);
    await expectRecovered(model);
  });

  test('has a web page in place of its weights', async () => {
    watchNetwork((url) => (url.endsWith('model.safetensors') ? html() : undefined));
    const model = await prepareModel('induction', PROMPT);
    expect(await broken(model)).toMatch(/model\.safetensors answers with a web page/);
    await expectRecovered(model);
  });

  test('has weights of another model', async () => {
    const other = new URL('/fixtures/modular-addition/model.safetensors', location.href).href;
    const { fetch } = globalThis;
    watchNetwork((url) => (url.endsWith('induction/model.safetensors') ? fetch(other) : undefined));
    const model = await prepareModel('induction', PROMPT);
    expect(await broken(model)).toMatch(/ weights-mismatch Try again$/);
    await expectRecovered(model);
  });

  test('stops halfway and ignores Range is read from the beginning again', async () => {
    let cut = 0;
    watchNetwork((url) => (url.endsWith('model.safetensors') ? halfway(url, ++cut <= 2 ? 0.5 : 1) : undefined));
    const model = await mount(await prepareModel('induction', PROMPT));
    await until(() => model.state === 'ready' && model.trace);
    expect(cut).toBe(3);
  });

  test('always stops halfway is given up', async () => {
    watchNetwork((url) => (url.endsWith('model.safetensors') ? halfway(url, 0.5) : undefined));
    const model = await prepareModel('induction', PROMPT);
    expect(await broken(model)).toMatch(/got \d+ of 181648 bytes in 4 attempts in a row.* fetch-failed Try again$/);
    await expectRecovered(model);
  });

  test('keeps the recording beside the sentence', async () => {
    const model = await prepareModel('induction', PROMPT, 'fluoro-heads');
    Object.assign(model, { recording: await recordingUrl(), loading: 'eager' });
    watchNetwork((url) => (url.endsWith('config.json') ? html() : undefined));
    expect(await broken(model)).toMatch(/ What is shown is the recording\. fetch-failed Try again$/);
    expect(model.trace!.kind).toBe('recorded');
    await expectRecovered(model);
  });
});

/** A trace file whose header gives other numbers: by default the first size of the first pattern. */
function lying(
  file: ArrayBuffer,
  what = /"blocks\.0\.attn\.hook_pattern":\{[^}]*"shape":\[\d/,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file);
  const { index, 0: text } = what.exec(new TextDecoder('latin1').decode(bytes))!;
  const digit = index + text.length - 1;
  return bytes.with(digit, bytes[digit] === 0x39 ? 0x38 : 0x39);
}

/** The recording with other metadata, or another header, and the same bytes after it. */
async function rewritten(change: (header: Record<string, Record<string, string>>) => unknown): Promise<Response> {
  const file = new Uint8Array(await (await fetch(await recordingUrl())).arrayBuffer());
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const text = new TextEncoder().encode(String(change(header) ?? JSON.stringify(header)));
  const size = new DataView(new ArrayBuffer(8));
  size.setBigUint64(0, BigInt(text.length), true);
  return new Response(new Blob([size, text, file.subarray(8 + length)]));
}

const withProgram = (change: (program: Record<string, unknown>) => unknown) =>
  rewritten(({ __metadata__: metadata }) => {
    const program = JSON.parse(metadata!.program!);
    change(program);
    metadata!.program = JSON.stringify(program);
  });

describe('a trace’s address that', () => {
  const recorded = async () => new Response(await (await fetch(await recordingUrl())).arrayBuffer());
  test.each([
    [
      'leads to a sign-in page',
      async () => html('https://elsewhere.example/login'),
      /leads to https:\/\/elsewhere\.example\/login, which is a web page.* fetch-failed/,
    ],
    ['answers with a web page', async () => html(), /answers with a web page; expected a trace file\. fetch-failed/],
    ['answers 404', async () => new Response('', { status: 404 }), /answers 404; expected a trace file\. fetch-failed/],
    [
      'cannot be reached',
      async () => Promise.reject(new TypeError('Failed to fetch')),
      /did not come: Failed to fetch\. Check .* fetch-failed/,
    ],
    ['answers with JSON', async () => Response.json({ hello: 'world' }), / (safetensors|trace)-invalid/],
    ['answers with nothing', async () => new Response(''), / safetensors-invalid/],
    [
      'lies about a shape',
      async () => new Response(lying(await (await recorded()).arrayBuffer())),
      / safetensors-invalid/,
    ],
    [
      'lies about where its bytes are',
      async () => new Response(lying(await (await recorded()).arrayBuffer(), /"data_offsets":\[\d/)),
      / safetensors-invalid/,
    ],
    [
      'stops halfway without an error',
      async () => new Response((await (await recorded()).arrayBuffer()).slice(0, 5000)),
      / safetensors-invalid/,
    ],
    [
      'is a bomb of brackets',
      () => rewritten(() => `{"x":${'['.repeat(1e6)}${']'.repeat(1e6)}}`),
      /the header cannot be parsed: lists and objects are more than 1000 deep\. safetensors-invalid/,
    ],
    [
      'has a billion positions',
      () => withProgram((program) => (program.pos = 1e9)),
      /its program is broken: pos is 1000000000, expected at most 32768\. trace-invalid/,
    ],
    [
      'has a tensor named for a prototype',
      () => rewritten((header) => JSON.stringify(header).replace('"tokens":', '"__proto__":')),
      /is named "__proto__", which is not allowed\. safetensors-invalid/,
    ],
    [
      'has answers in a list',
      () => rewritten(({ __metadata__: metadata }) => void (metadata!.answers = '[1]')),
      /its answers cannot be read: they are no object from key to answer\. trace-invalid/,
    ],
    [
      'answers with a model’s weights',
      async () => new Response(await (await fetch('/fixtures/induction/model.safetensors')).arrayBuffer()),
      / trace-invalid/,
    ],
  ])('%s, with a model to fall back on', async (_, answer, says) => {
    const response = await answer().catch((error) => error);
    watchNetwork((url) =>
      url.endsWith('/t.safetensors') ? (response instanceof Error ? Promise.reject(response) : response) : undefined,
    );
    const model = await prepareModel('induction', PROMPT, 'fluoro-heads');
    model.recording = '/t.safetensors';
    expect(await broken(model)).toMatch(says);
    expect(model.trace).toBeNull();
    part(model, 'run').click(); // Who wants no recording gets the model.
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
  });

  test.each([
    ['whose model is asked for', 'click'],
    ['whose model comes by itself', 'eager'],
  ] as const)('answers 500 is said to be missing still in a model without a prompt %s', async (_, loading) => {
    let broken = true;
    const good = await recordingUrl();
    watchNetwork((url) => (broken && url === good ? new Response('', { status: 500 }) : undefined));
    const model = await prepareModel('induction', '', 'fluoro-heads');
    Object.assign(model, { prompt: null, recording: good, loading });
    await mount(model);
    if (loading === 'click') {
      await until(() => model.state === 'error');
      part(model, 'run').click();
    }
    await until(() => model.model && model.state === 'error');
    await model.updateComplete;
    expect(textOf(part(model, 'status'))).toMatch(/ answers 500; expected a trace file\. fetch-failed Try again$/);
    broken = false;
    const states = statesOf(model);
    part(model, 'status').querySelector('button')!.click();
    await until(() => model.state === 'ready' && model.trace?.kind === 'live');
    expect(states).toEqual(['loading', 'ready', 'running', 'ready']);
    expect(model.trace!.labels[0]).toEqual(['<bos>', 'x', 'y']);
  });

  test('is no address', async () => {
    const model = document.createElement('fluoro-model');
    model.recording = 'http://[';
    expect(await broken(model)).toMatch(
      /^http:\/\/\[ is not an address; expected that of a trace file\. usage Try again$/,
    );
  });
});

const HOSTILE = [
  ['markup', '</script><img src=x onerror="window.hacked = true">'],
  ['right to left', '\u202eabc\u202c مرحبا'],
  ['combining characters', `e${'\u0301'.repeat(200)}`],
  ['half a surrogate pair', '\ud800'],
  ['the other half', 'a\udc00b'],
  ['NUL and other controls', 'a\0b\x07\u001b[31m'],
  ['an emoji of several', '👩‍👩‍👧‍👦'],
  ['template syntax', '{{constructor}}<!--?lit$-->'],
] as const;

describe('a text with', () => {
  test.each(HOSTILE)('%s is run, or refused with a sentence, and shown as text', async (_, text) => {
    const model = await prepareModel('shakespeare', text, 'fluoro-tokens', 'fluoro-heads');
    await mount(model);
    await until(() => model.state === 'ready' && (model.trace || part(model.querySelector('fluoro-tokens')!, 'error')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect('hacked' in window).toBe(false);
    expect(document.querySelector('img')).toBeNull();
    await expectAccessible(model);
    model.prompt = 'ROMEO'; // What was refused stands in nobody's way.
    await until(() => model.state === 'ready' && model.trace?.labels[0]?.join('').endsWith('ROMEO'));
    expect(model.querySelector('fluoro-tokens')!.shadowRoot!.querySelector('[part="error"]')).toBeNull();
  });

  test.each(HOSTILE)('%s among the labels of a recording is shown as text', async (_, text) => {
    const live = await (await fixtureModel('induction')).run('<bos> a b');
    const { kind, info, program, edits, tokens, names, bytes: size } = live;
    const bytes = await writeTrace({
      ...{ kind, info, program, edits, tokens, names, bytes: size, labels: [[text, text, 'b']] },
      layout: (name) => live.layout(name),
      read: (name, slice) => live.read(name, slice),
      dispose: () => undefined,
    });
    live.dispose();
    expect(readTrace(bytes).labels[0]![0]).toBe(text);
    const model = document.createElement('fluoro-model');
    model.recording = URL.createObjectURL(new Blob([bytes]));
    model.append(document.createElement('fluoro-tokens'), document.createElement('fluoro-heads'));
    await mount(model);
    await until(() => model.state === 'recorded');
    const list = model.querySelector('fluoro-tokens')!;
    await until(() => list.shadowRoot!.querySelectorAll('[part="token"]').length === 3);
    expect('hacked' in window).toBe(false);
    expect(list.shadowRoot!.querySelector('img')).toBeNull();
  });
});
