import { expect, test, vi } from 'vitest';
import * as api from '../../src/index';
import readme from '../../src/reference/README.md?raw';

test('the snippet runs, and prints what it says', async () => {
  const snippet = /```js\n(.*?)```/s.exec(readme)![1]!;
  const body = snippet.replace(/import (\{.*?\}) from 'fluoroscope';/, 'const $1 = api;');
  expect(body).not.toBe(snippet);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const run = new Function('api', `return (async () => { ${body}\nreturn points; })();`);
  const points = (await run(api)) as api.LensPoint[];
  const printed = log.mock.calls[0];
  log.mockRestore();
  const said = /console\.log\(.*\/\/ (.*)/.exec(snippet)![1]!;
  expect(printed).toEqual(JSON.parse(`[${said.replaceAll("'", '"')}]`));
  expect(points.length).toBeGreaterThan(2);
});
