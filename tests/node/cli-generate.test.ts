/** `fluoroscope generate`, as people and programs use it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readTrace } from '../../src/index';
import { ended, fluoroscope, NO_CHROME, start, temporaryFolder } from './fluoroscope';
import { swiftShaderForDawn } from './vulkan';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const romeo = ['generate', 'shakespeare', '--prompt', 'ROMEO:', '--temperature', '0.8', '--seed', '5'];

test('the text alone goes to stdout, the last pass to a trace file; the same seed says the same, a token a line', async () => {
  const out = join(folder.path, 'last.safetensors');
  const { status, stdout, stderr } = await fluoroscope([...romeo, '--count', '12', '--out', out]);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringMatching(
      /: 2 tokens and 12 more; ended: as many as were asked for\nthe last pass, [\d,]+ bytes, in /,
    ),
  });
  // Its own file: another process measures anew which shaders are the fastest, and others may round otherwise.
  const said = await fluoroscope([...romeo, '--count', '12', '--json', '--out', out]);
  const [tokens, report] = [lines(said.stdout).slice(0, -1), lines(said.stdout).at(-1)];
  expect(tokens.map(({ index }) => index)).toEqual([...Array(12).keys()]);
  expect(tokens.map(({ reused, pos }) => pos - reused)).toEqual([2, ...Array(11).fill(1)]);
  expect(tokens.at(-1)).toMatchObject({ finish: 'tokens', dropped: 0, candidates: { length: 5 } });
  expect(report).toMatchObject({ command: 'generate', finish: 'tokens', text: stdout.slice(0, -1) });
  expect(tokens.map(({ added }) => added).join('')).toBe(report.text);

  const trace = readTrace(readFileSync(out));
  expect(trace.tokens).toEqual([[...report.tokens[0], ...report.generated.slice(0, -1)]]);
  const { data } = await trace.read('unembed.hook_out', { batch: 0, pos: -1 });
  expect(data[tokens.at(-1).id]).toBe(tokens.at(-1).logit);
});

test('on Dawn, with an edit, past the context and with a prompt that is longer than it', async () => {
  const env = { ...(await swiftShaderForDawn()), ...NO_CHROME };
  const numbers = ['generate', 'modular-addition', '--tokens', '3,4,113,7', '--past-context', 'slide', '--count', '2'];
  const edit = ['--edit', 'blocks.0.attn.hook_z[head=0]:zero'];
  const { status, stdout } = await fluoroscope([...numbers, ...edit, '--backend', 'dawn', '--json'], env);
  expect(status).toBe(0);
  expect(lines(stdout)).toMatchObject([
    { index: 0, dropped: 1, pos: 3, reused: 0 },
    { index: 1, dropped: 2, pos: 3, reused: 0, finish: 'tokens' },
    { runtime: expect.stringMatching(/^Dawn /), dropped: 2 },
  ]);
});

test('ends without a word where nobody reads on, as with `| head`', async () => {
  const child = start([...romeo, '--count', '500', '--past-context', 'slide']);
  child.stdout!.once('data', () => child.stdout!.destroy());
  const { status, stderr } = await ended(child);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('a sum is its one answer', async () => {
  const { status, stdout, stderr } = await fluoroscope(['generate', 'modular-addition', '--tokens', '30,100,113']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: ' 17\n' });
  expect(stderr).toContain('3 tokens and 1 more; ended: the context is full: --past-context slide goes on');
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  test.each(['chrome', 'dawn'])('ends with what was generated, on %s', async (backend) => {
    const env = backend === 'dawn' ? await swiftShaderForDawn() : {};
    const out = join(folder.path, `${backend}.safetensors`);
    const slide = ['--past-context', 'slide', '--count', '100000', '--backend', backend, '--out', out];
    const child = start([...romeo, ...slide, '--json'], env);
    const done = ended(child);
    let said = '';
    child.stdout!.on('data', (chunk) => {
      const before = said;
      said += chunk;
      if (!before.includes('"index":2,') && said.includes('"index":2,')) child.kill('SIGINT');
    });
    const { status, stdout, stderr } = await done;
    expect({ status, stderr }).toEqual({
      status: 130,
      stderr: 'Stopping after what is running now; Ctrl-C again ends at once.\n',
    });
    const [tokens, report] = [lines(stdout).slice(0, -1), lines(stdout).at(-1)];
    expect(tokens.length).toBeGreaterThan(2);
    expect(report).toMatchObject({ finish: null, asked: 100_000, generated: tokens.map(({ id }) => id) });
    expect(readTrace(readFileSync(out)).tokens[0]).toHaveLength(tokens.length + 1);
  });
});

describe('refuses before any browser starts', () => {
  test.each([
    [['--temperature', '-1'], '[usage] --temperature "-1": expected a number from 0 on.'],
    [['--top-k', '0'], '[usage] --top-k "0": expected a whole number from 1 on.'],
    [['--top-p', '1.5'], '[usage] --top-p "1.5": expected a number above 0, at most 1.'],
    [['--seed', '4294967296'], '[usage] --seed "4294967296": expected a whole number from 0 to 4294967295.'],
    [['--count', '0'], '[usage] --count "0": expected a whole number from 1 on.'],
    [['--past-context', 'wrap'], 'Allowed choices are refuse, slide'],
    [['--stop', '5000'], '[generation-invalid] stop holds 5000; expected token ids from 0 to 1023, or texts.'],
  ])('%o', async (args, message) => {
    const { status, stdout, stderr } = await fluoroscope([...romeo, ...args], NO_CHROME);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a batch', async () => {
    const { status, stderr } = await fluoroscope(['generate', 'shakespeare', '--tokens', '1,2;3,4'], NO_CHROME);
    expect(status).toBe(2);
    expect(stderr).toContain('[generation-invalid] The prompt is a batch of 2; text is generated for one.');
  });

  test('a prompt that is longer than the context, as JSON on one line', async () => {
    const args = ['generate', 'modular-addition', '--tokens', '1,2,3,4', '--json'];
    const { status, stdout } = await fluoroscope(args, NO_CHROME);
    expect(status).toBe(2);
    expect(lines(stdout)).toMatchObject([{ error: { code: 'prompt-too-long' } }]);
  });
});
