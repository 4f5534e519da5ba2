/** `fluoroscope/jsx` with React 19 and `fluoroscope/vue` with Vue 3, in a project that has installed the packed package. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from './fluoroscope';
import { installExample } from './installed-example';
import { env, pack, run } from './packed';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('right uses compile and wrong ones do not, nor does anything in the package’s own types', async () => {
  const cwd = await installExample('types', folder.path, (await pack(folder.path)).tarball);
  // What is wrong there is marked, and a mark without a mistake is an error. Two mistakes without a mark are added.
  writeFileSync(
    join(cwd, 'planted.tsx'),
    "import 'fluoroscope/jsx';\nexport const planted = <fluoro-heads layers={1} />;\n",
  );
  writeFileSync(join(cwd, 'Planted.vue'), '<template><fluoro-heads layer="first" /></template>\n');
  const checked = await run(process.execPath, ['node_modules/vue-tsc/bin/vue-tsc.js', '--noEmit'], { cwd, env }).then(
    () => '',
    ({ stdout }) => stdout as string,
  );
  const errors = checked.split('\n').filter((line) => /error TS/.test(line));
  expect(errors.sort(), checked).toEqual([
    expect.stringMatching(/^Planted\.vue\(1,\d+\): error TS2322: Type '"first"' is not assignable to type/),
    expect.stringMatching(/^planted\.tsx\(2,\d+\): error TS2322: Type '{ layers: number; }' is not assignable to type/),
  ]);
});
