import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/arguments';
import { parseTokens } from '../../src/cli/options';
import { readTrace } from '../../src/index';
import { copyOfInduction, ended, fluoroscope, NO_CHROME, start, temporaryFolder } from './fluoroscope';

const models = temporaryFolder();
const outputs = temporaryFolder();
afterAll(() => {
  models.remove();
  outputs.remove();
});

const out = join(outputs.path, 'trace.safetensors');

describe('arguments', () => {
  const parse = (...argv: string[]) => parseArguments(argv, () => undefined);

  test('trace', () => {
    expect(parse('trace', 'gpt2/', '--prompt', 'Hi', '--out', 'a', '--hooks', 'hook_embed, *.hook_z')).toEqual({
      command: expect.objectContaining({ name: 'trace' }),
      model: 'gpt2/',
      prompt: 'Hi',
      options: { hooks: ['hook_embed', '*.hook_z'], edit: [], precision: 'f32' },
      out: 'a',
      json: false,
      backend: 'chrome',
      adapter: 'software',
    });
  });

  test('check', () => {
    expect(parse('check', 'induction', '--tokens', '1,2;3,4', '--json', '--backend', 'dawn')).toMatchObject({
      command: { name: 'check' },
      prompt: [
        [1, 2],
        [3, 4],
      ],
      json: true,
      backend: 'dawn',
    });
  });

  test.each([
    ['1', [[1]]],
    ['1, 2,3', [[1, 2, 3]]],
    ['1,2;', [[1, 2], []]],
    ['', [[]]],
    ['-1,1.5', [[-1, 1.5]]],
  ])('tokens %j', (text, tokens) => expect(parseTokens(text)).toEqual(tokens));

  test.each([
    ['no command', [], 'no command was given'],
    ['an unknown command', ['tarce'], "unknown command 'tarce'"],
    ['no model', ['check', '--tokens', '1'], "missing required argument 'model'"],
    ['two models', ['check', 'a', 'b', '--tokens', '1'], 'too many arguments'],
    ['both prompts', ['check', 'a', '--prompt', 'x', '--tokens', '1'], 'cannot be used with option'],
    ['no prompt', ['check', 'a'], 'no prompt was given: add --prompt TEXT or --tokens 1,2,3.'],
    ['no --out', ['trace', 'a', '--tokens', '1'], "required option '--out <file>' not specified"],
    ['an unknown option', ['check', 'a', '--tokens', '1', '--fast'], "unknown option '--fast'"],
    ['an unknown backend', ['check', 'a', '--tokens', '1', '--backend', 'cuda'], 'Allowed choices are chrome, dawn'],
    [
      'an adapter for Dawn',
      ['check', 'a', '--tokens', '1', '--backend', 'dawn', '--adapter', 'hardware'],
      'Vulkan driver decides',
    ],
    ['an empty hook name', ['trace', 'a', '--tokens', '1', '--out', 'b', '--hooks', 'x,,y'], 'holds an empty name'],
  ])('refuse %s', (_, argv, sentence) => {
    expect(() => parse(...argv)).toThrowError(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) }),
    );
  });

  test.each(['1,x', 'x', '1,,2', '1,0x2', '1e3', 'NaN'])('refuse --tokens %s', (text) => {
    expect(() => parse('check', 'a', '--tokens', text)).toThrowError(
      expect.objectContaining({ code: 'token-invalid' }),
    );
  });

  test('--help and --version are answered', () => {
    let said = '';
    const say = (text: string) => void (said += text);
    expect(parseArguments(['trace', '--help'], say)).toBeNull();
    expect(parseArguments(['--version'], say)).toBeNull();
    expect(said).toContain('--hooks <globs>');
    expect(said).toContain(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });
});

describe('bad input ends with status 2 and one sentence, before any Chrome is started', () => {
  const wordless = () => {
    const copy = copyOfInduction(models.path, 'wordless');
    rmSync(join(copy, 'tokenizer.json'));
    return copy;
  };
  const empty = () => {
    mkdirSync(join(models.path, 'empty'), { recursive: true });
    return join(models.path, 'empty');
  };
  const tooLong = Array(65).fill(1).join();

  test.each<[string, string[] | (() => string[]), code: string, sentence: string]>([
    [
      'no such directory',
      ['./nowhere', '--tokens', '1'],
      'file-missing',
      './nowhere is no model: expected a directory, a URL',
    ],
    [
      'no such built-in',
      ['induktion', '--tokens', '1'],
      'file-missing',
      'or a built-in model (modular-addition, induction, shakespeare)',
    ],
    ['an empty directory', () => [empty(), '--tokens', '1'], 'file-missing', 'empty has no config.json'],
    [
      'both prompts',
      ['induction', '--tokens', '1', '--prompt', 'a'],
      'usage',
      "'--prompt <text>' cannot be used with option '--tokens <ids>'",
    ],
    ['neither prompt', ['induction'], 'usage', 'no prompt was given: add --prompt TEXT or --tokens 1,2,3.'],
    [
      'a token that is no number',
      ['induction', '--tokens', '1,x'],
      'token-invalid',
      '--tokens 1,x: "x" is no token id; expected whole numbers',
    ],
    ['a ragged batch', ['induction', '--tokens', '1,2;3'], 'prompt-ragged', 'Prompt 1 has 1 token, prompt 0 has 2'],
    [
      'a negative token',
      ['induction', '--tokens', '-1'],
      'token-invalid',
      'token id -1 is no whole number from 0 to 64',
    ],
    [
      'a fractional token',
      ['induction', '--tokens', '1,1.5'],
      'token-invalid',
      'pos 1: token id 1.5 is no whole number',
    ],
    [
      'a token beyond the vocabulary',
      ['induction', '--tokens', '65'],
      'token-invalid',
      'token id 65 is no whole number from 0 to 64',
    ],
    ['no tokens', ['induction', '--tokens', ''], 'prompt-empty', 'The prompt is empty: give at least one token.'],
    ['an empty prompt', ['induction', '--prompt', ''], 'prompt-empty', 'The prompt is empty: give at least one token.'],
    [
      'a prompt beyond the context',
      ['induction', '--tokens', tooLong],
      'prompt-too-long',
      "has 65 tokens; this model's context holds 64",
    ],
    [
      'text without a tokenizer',
      () => [wordless(), '--prompt', 'a b'],
      'no-tokenizer',
      'no tokenizer.json, so it takes token ids',
    ],
    [
      'an unknown option',
      ['induction', '--tokens', '1', '--fast'],
      'usage',
      "unknown option '--fast'; see fluoroscope trace --help.",
    ],
    [
      'an unknown backend',
      ['induction', '--tokens', '1', '--backend', 'cuda'],
      'usage',
      'Allowed choices are chrome, dawn',
    ],
    ['no Chrome', ['induction', '--tokens', '1'], 'no-chrome', 'PUPPETEER_EXECUTABLE_PATH names /nowhere/chrome'],
  ])('%s', async (_, given, code, sentence) => {
    const args = typeof given === 'function' ? given() : given;
    await refused(['trace', ...args, '--out', out], code, sentence, NO_CHROME);
  });

  test('no --out', () =>
    refused(['trace', 'induction', '--tokens', '1'], 'usage', "'--out <file>' not specified", NO_CHROME));

  test.each([
    ['in no directory', () => join(outputs.path, 'nowhere', 'trace'), 'there is no directory'],
    ['a directory', () => outputs.path, 'it is a directory; name a file'],
    ['below a file', () => resolve('package.json', 'trace'), 'there is no directory'],
  ])('an output %s', async (_, path, sentence) => {
    await refused(['trace', 'induction', '--tokens', '1', '--out', path()], 'output-unwritable', sentence, NO_CHROME);
  });

  test('with --json the error is on stdout too', async () => {
    const { status, stdout, stderr } = await fluoroscope(['check', 'induction', '--tokens', '99', '--json'], NO_CHROME);
    const { error } = JSON.parse(stdout);
    expect(status).toBe(2);
    expect(error).toMatchObject({ code: 'token-invalid', message: expect.stringContaining('token id 99') });
    expect(stderr).toBe(`fluoroscope: [${error.code}] ${error.message}\n`);
  });
});

describe('bad input that only loading the model shows', () => {
  const broken = (name: string, change: (weights: string) => void) => {
    const copy = copyOfInduction(models.path, name);
    change(join(copy, 'model.safetensors'));
    return copy;
  };

  test('an unknown hook name', async () => {
    const args = ['trace', 'induction', '--tokens', '1', '--hooks', 'hook_embed,*.hook_patern', '--out', out];
    await refused(
      args,
      'tensor-unknown',
      '--hooks *.hook_patern matches no tensor of this model. Near it: blocks.0.attn.hook_pattern',
    );
  });

  test('a web page in place of the weights', async () => {
    const model = broken('page', (weights) => writeFileSync(weights, '<!doctype html><title>Sign in</title>'));
    await refused(['trace', model, '--tokens', '1', '--out', out], 'safetensors-invalid', 'page/model.safetensors');
  });

  test('truncated weights', async () => {
    const model = broken('short', (weights) => truncateSync(weights, readFileSync(weights).length - 1000));
    await refused(['trace', model, '--tokens', '1', '--out', out], 'safetensors-invalid', 'short/model.safetensors');
  });
});

describe('what runs', () => {
  afterEach(() => rmSync(out, { force: true }));

  test('trace writes the named tensors, a derived one only where it is meant', async () => {
    const hooks = 'blocks.0.attn.*,blocks.1.attn.hook_result';
    const { status, stdout, stderr } = await fluoroscope([
      'trace',
      'induction',
      '--prompt',
      '<bos> a b a',
      '--hooks',
      hooks,
      '--out',
      out,
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const trace = readTrace(readFileSync(out));
    const names = ['hook_q', 'hook_k', 'hook_v', 'hook_attn_scores', 'hook_pattern', 'hook_z'].map(
      (name) => `blocks.0.attn.${name}`,
    );
    expect(trace.names).toEqual([...names, 'blocks.1.attn.hook_result']);
    expect(trace.labels).toEqual([['<bos>', 'a', 'b', 'a']]);
    expect(stdout).toMatch(/^induction on .*swiftshader.*: batch 1, pos 4, 23 steps\n/i);
    expect(stdout).toMatch(/\nnext token \(softmax of the last logits\): "\S+" [\d.]+ %, /);
    expect(stdout).toContain(`\n7 tensors, ${readFileSync(out).length.toLocaleString('en-US')} bytes, in ${out}\n`);
    expect(readdirSync(outputs.path)).toEqual(['trace.safetensors']);
  });

  test('a model at an address; a page that is in a file’s place there is refused', async () => {
    const server = createServer(({ url = '' }, response) => {
      const file = join('fixtures', url.replace('/sign-in', ''));
      const page = url.startsWith('/sign-in') && url.endsWith('.safetensors');
      if (page) response.setHeader('content-type', 'text/html').end('<!doctype html>');
      else if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = (model: string) => fluoroscope(['trace', model, '--tokens', '0,1', '--out', out]);
    expect(await run(`${address}/induction`)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^induction on /),
    });
    rmSync(out);
    const { status, stderr } = await run(`${address}/sign-in/induction`);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `fluoroscope: [fetch-failed] ${address}/sign-in/induction/model.safetensors answers with a web page`,
    );
    server.close();
  });

  test('check prints a table and ends with 0', async () => {
    const { status, stdout } = await fluoroscope(['check', 'induction', '--tokens', '0,1,2,1']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[1]).toMatch(/^step +kernel +tensor +largest error +error +bound +ratio +where/);
    expect(lines.at(-1)).toMatch(/^ok: all 26 tensors lie within their bounds; the largest ratio is 0\.\d+, of \S+\.$/);
    expect(stdout).toMatch(
      /\n +8 {2}softmax( \(\w+\))? +blocks\.0\.attn\.hook_pattern .* batch 0, head \d, query \d, key \d\n/,
    );
  });

  test('a check that fails ends with 1, names the miss, and JSON holds it', async () => {
    const model = copyOfInduction(models.path, 'nan');
    const path = join(model, 'model.safetensors');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    writeFileSync(path, bytes);
    const { status, stdout } = await fluoroscope(['check', model, '--tokens', '0,1', '--json']);
    expect(status).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ command: 'check', ok: false, model: 'nan' });
    const missed = report.checked.filter(({ ok }: { ok: boolean }) => !ok);
    expect(missed[0]).toMatchObject({ error: 'NaN', ratio: 'Infinity', at: expect.any(Object) });
  });

  test.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130], // Ctrl-C
    ['SIGTERM', 143],
  ] as const)('%s ends Chrome too and leaves no file', async (signal, status) => {
    const profile = temporaryFolder();
    const running = () => spawnSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' }).stdout.includes(profile.path);
    const child = start(['trace', 'induction', '--tokens', '1', '--out', out], { TMPDIR: profile.path });
    const done = ended(child);
    await expect.poll(running).toBe(true);
    child.kill(signal);
    expect(await done).toMatchObject({ status });
    await expect.poll(running).toBe(false);
    expect(readdirSync(outputs.path)).toEqual([]);
    profile.remove();
  });
});

async function refused(args: string[], code: string, sentence: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { status, stdout, stderr } = await fluoroscope(args, env);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(new RegExp(`^fluoroscope: \\[${code}\\] [^\n]*\\.\n$`));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(readdirSync(outputs.path)).toEqual([]);
}
