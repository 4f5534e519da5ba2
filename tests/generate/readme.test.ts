import { expect, test, vi } from 'vitest';
import root from '../../README.md?raw';
import own from '../../src/generate/README.md?raw';
import * as api from '../../src/index';

test.each([
  ['the whole one', own, 32],
  ['the one on the front page', root, 32],
])('the snippet runs and prints what each token is: %s', async (_, readme, count) => {
  const snippet = /```js\n([^`]*?model\.generate\(.*?)```/s.exec(readme)![1]!;
  const body = snippet.replace(/import \{.*?\} from 'fluoroscope';/, '').replace('const model =', 'model =');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const load = snippet.includes('loadModel(') ? '' : "model = await api.loadModel('shakespeare');";
  await new Function('api', `const { loadModel } = api; let model; return (async () => { ${load} ${body} })();`)(api);
  const printed = log.mock.calls.filter((given) => given.length > 1);
  log.mockRestore();
  expect(printed).toHaveLength(count);
});
