import { expect, onTestFinished, test, vi } from 'vitest';
import { builtInUrl } from '../../src/built-in';
import { loadModel } from '../../src/load-model';
import { browserFiles, type ReadProgress, urlFiles } from '../../src/model/files';
import { refusal } from './directory';

/** As `<input type=file webkitdirectory>` gives it; a dropped file has no path. */
function picked(path: string, text: string): File {
  const file = new File([text], path.split('/').at(-1)!);
  Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return file;
}

const textOf = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

test('a picked directory: paths count from inside it', async () => {
  const files = browserFiles([picked('gpt2/config.json', '{}'), picked('gpt2/more/config.json', '[]')]);
  expect(files.name).toBe('gpt2');
  expect(textOf(await files.read('config.json'))).toBe('{}');
  expect(textOf(await files.read('more/config.json'))).toBe('[]');
  expect(await files.read('gpt2/config.json')).toBeNull();
  expect(await files.read('model.safetensors')).toBeNull();
});

test('dropped files', async () => {
  const files = browserFiles([picked('config.json', '{}'), picked('empty', '')]);
  expect(files.name).toBe('picked files');
  const seen: ReadProgress[] = [];
  expect(textOf(await files.read('config.json', { onProgress: (progress) => seen.push(progress) }))).toBe('{}');
  expect(seen).toEqual([
    { path: 'config.json', received: 0, total: 2 },
    { path: 'config.json', received: 2, total: 2 },
  ]);
  expect(await files.read('empty')).toEqual(new Uint8Array(0));
});

test('two files of one name are refused', () => {
  expect(() => browserFiles([picked('config.json', ''), picked('config.json', '')])).toThrow(
    'picked files: two files are named config.json; pick the files of one model',
  );
});

test('an aborted read rejects with the reason', async () => {
  const files = browserFiles([picked('config.json', '{}')]);
  await expect(files.read('config.json', { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
});

test("a file that cannot be read any more is refused in the browser's words", async () => {
  const file = picked('config.json', '{}');
  file.stream = () => new ReadableStream({ pull: (to) => to.error(new DOMException('gone', 'NotReadableError')) });
  expect(await refusal(browserFiles([file]).read('config.json'))).toBe(
    'fetch-failed: picked files/config.json: the browser cannot read it any more (gone); pick it again',
  );
});

test('an address may be relative to the page', async () => {
  const files = urlFiles('/tests/model');
  expect(files.name).toBe('model');
  expect(textOf(await files.read('directory.ts?raw'))).toContain('export');
  expect(await files.read('no-such-file.safetensors')).toBeNull();
  expect(() => urlFiles('http://')).toThrow('http:// is not an address; expected a URL such as https://host/model/');
});

test.each(['inductoin', new URL('inductoin', location.href)])(
  '%s, which is no model, is refused with the names of the built-in ones',
  async (source) => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(null, { status: 404 }));
    onTestFinished(() => fetch.mockRestore());
    expect(await refusal(loadModel(source))).toMatch(
      /^file-missing: inductoin has no config\.json; .* Built-in models are modular-addition, induction, shakespeare\.$/,
    );
  },
);

test.each(['induction', builtInUrl('induction').href])(
  'a built-in model that is not where the code expects it, asked for by %s, is refused with what to do',
  async (source) => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(null, { status: 404 }));
    onTestFinished(() => fetch.mockRestore());
    expect(await refusal(loadModel(source))).toMatch(
      /^file-missing: The built-in model induction is not at http.*\. Serve the package's fixtures\/ folder and give/,
    );
  },
);
