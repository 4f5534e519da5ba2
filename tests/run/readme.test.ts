import { expect, test, vi } from 'vitest';
import readme from '../../README.md?raw';
import type { Model } from '../../src/index';
import * as api from '../../src/index';

test('the README’s API in ten lines runs, and prints what it says', async () => {
  const snippet = /```ts\n(.*?)```/s.exec(readme)![1]!;
  const body = snippet.replace(/import (\{.*?\}) from 'fluoroscope';/, 'const $1 = api;');
  expect(body).not.toBe(snippet);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const run = new Function('api', `return (async () => { ${body}\nreturn { model, file }; })();`);
  const { model, file } = (await run(api)) as { model: Model; file: Uint8Array };
  const [[axes, shape, data], ...steps] = log.mock.calls as [[unknown, unknown, unknown], ...unknown[][]];
  log.mockRestore();
  const said = /console\.log\(pattern\.axes.*\/\/ (\[.*?\]), (\[.*?\]), (\w+)/.exec(snippet)!;
  expect(axes).toEqual(JSON.parse(said[1]!.replaceAll("'", '"')));
  expect(shape).toEqual(JSON.parse(said[2]!));
  expect((data as object).constructor.name).toBe(said[3]);
  expect(steps.length).toBeGreaterThan(60);
  for (const [tensor, error, bound] of steps) expect((error as number) <= (bound as number), String(tensor)).toBe(true);
  expect(api.readTrace(file).names).toContain('blocks.1.attn.hook_pattern');
  model.dispose();
});
