import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeReply } from '../../src/cli/debug/describe';
import { elementAt } from '../../src/cli/debug/explain';
import { parseLine } from '../../src/cli/debug/language';
import { statsOf } from '../../src/cli/debug/stats';
import { table } from '../../src/cli/print';
import type { SpecIndex } from '../../src/edits/spec';
import { ended, fluoroscope, NO_CHROME, start, temporaryFolder } from './fluoroscope';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const PATTERN = 'blocks.0.attn.hook_pattern';

function script(...lines: string[]): string {
  const file = join(folder.path, 'session.txt');
  writeFileSync(file, lines.join('\n'));
  return file;
}

describe('the language', () => {
  test.each<[string, unknown]>([
    ['', null],
    ['  # a remark', null],
    ['help', 'help'],
    ['q', 'quit'],
    ['list', { do: 'list', from: null, to: null }],
    ['list 3:10', { do: 'list', from: 3, to: 10 }],
    ['list 7:7', { do: 'list', from: 7, to: 7 }],
    ['LIST all', { do: 'list', from: 0, to: Number.MAX_SAFE_INTEGER }],
    ['break 12', { do: 'break', at: 12 }],
    ['b after 12', { do: 'break', at: 12, when: 'after' }],
    ['break before *.hook_z', { do: 'break', at: '*.hook_z', when: 'before' }],
    ['break if any NaN', { do: 'break', if: 'any NaN' }],
    ['break if |x| > 1e4 at *.hook_z ', { do: 'break', if: '|x| > 1e4', at: '*.hook_z' }],
    ['break if row sums ≠ 1 ± 1e-3 at x', { do: 'break', if: 'row sums ≠ 1 ± 1e-3', at: 'x' }],
    ['delete 3', { do: 'delete', id: 3 }],
    ['breakp', { do: 'breakpoints' }],
    ['s', { do: 'step', count: 1 }],
    ['next 7', { do: 'step', count: 7 }],
    ['cont', { do: 'continue' }],
    ['run to blocks.0.hook_resid_post', { do: 'run', to: 'blocks.0.hook_resid_post' }],
    ['run to 4', { do: 'run', to: 4 }],
    ['p hook_embed', { do: 'print', tensor: 'hook_embed', slice: [] }],
    [
      'bits hook_embed[pos=-1, model=:4]',
      {
        do: 'bits',
        tensor: 'hook_embed',
        slice: [
          { axis: 'pos', index: -1, column: 16 },
          { axis: 'model', index: [null, 4], column: 24 },
        ],
      },
    ],
    ['watch nan', { do: 'watch', for: 'nan' }],
    ['watch range -1e3 2.5', { do: 'watch', for: 'range', min: -1000, max: 2.5 }],
    [
      'edit hook_embed[pos=1]:scale=2',
      {
        do: 'edit',
        edit: {
          text: 'hook_embed[pos=1]:scale=2',
          at: 'hook_embed',
          slice: [{ axis: 'pos', index: 1, column: 11 }],
          what: { op: 'scale', by: 2 },
          column: 18,
        },
      },
    ],
  ])('%j', (line, act) => expect(parseLine(line)).toEqual(act));

  test.each<[string, string, string]>([
    ['brake 3', 'usage', 'debug: got "brake", expected a command: one of list, break,'],
    ['ste 3 4', 'usage', 'debug: got "4", expected the end\n  ste 3 4\n        ^'],
    ['st', 'usage', 'got "st", expected a command: one of step, stats'],
    ['run 3', 'usage', 'got "3", expected "to" and a place'],
    ['break', 'usage', "got the end, expected a step's index or a hook name"],
    [
      'break if |x| >> 3 at y',
      'condition-invalid',
      'debug: got ">", expected a number such as 1e4\n  break if |x| >> 3 at y\n                ^',
    ],
    ['list 7:3', 'usage', 'debug: got a range from 7 to 3, expected its lower end first\n  list 7:3\n       ^'],
    ['list -2:3', 'usage', "got -2, expected a step's index from 0 on\n  list -2:3\n       ^"],
    ['list 0:-1', 'usage', "got -1, expected a step's index from 0 on\n  list 0:-1\n         ^"],
    ['list 3:', 'usage', "got the end, expected a step's index"],
    ['step 0', 'usage', 'debug: got 0, expected a number of steps from 1 on\n  step 0\n       ^'],
    ['n -3', 'usage', 'got -3, expected a number of steps from 1 on'],
    [
      'b if any NaN at',
      'usage',
      'got the end, expected a hook name, an alias or a glob after "at"\n  b if any NaN at\n                 ^',
    ],
    ['delete first', 'usage', 'got "first", expected a breakpoint\'s number'],
    ['watch all', 'usage', 'got "all", expected nan, inf, or range and its two ends'],
    ['watch range 2 1', 'usage', 'got a range from 2 to 1, expected its lower end first'],
    ['print', 'usage', 'got the end, expected the name of a tensor'],
    ['print hook_embed[pas=1]', 'usage', 'got "pas", expected an axis: one of batch, pos,'],
    ['edit', 'usage', 'got the end, expected an edit'],
    ['edit hook_embed:double', 'edit-invalid', '--edit: got "double", expected an operation'],
  ])('refuses %s', (line, code, sentence) => {
    expect(() => parseLine(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(sentence) }),
    );
  });
});

test('a table without rows is empty, and a list of no steps says so', () => {
  expect(table([], [0])).toBe('');
  expect(describeReply({ kind: 'list', rows: [], at: 0, steps: 23, next: null })).toBe('no steps');
});

test('statistics count what is no usual number apart', () => {
  const values = Float32Array.of(1, -3, 0, -0, 1e-40, NaN, Infinity, -Infinity);
  expect(statsOf('hook_embed', values)).toEqual({
    count: 8,
    min: -3,
    max: 1,
    mean: expect.closeTo(-0.4, 6),
    std: expect.closeTo(Math.sqrt((1.4 ** 2 + 2.6 ** 2 + 3 * 0.4 ** 2) / 5), 6),
    zeros: 2,
    subnormals: 1,
    nan: 1,
    inf: 2,
    masked: 0,
  });
  const scores = statsOf('blocks.0.attn.hook_attn_scores', Float32Array.of(-1e30, 2));
  expect(scores).toMatchObject({ count: 2, min: 2, masked: 1 });
  expect(statsOf('hook_embed', Float32Array.of(NaN))).toMatchObject({
    count: 1,
    min: null,
    max: null,
    mean: null,
    std: null,
  });
});

describe('explaining an element', () => {
  const layout = { axes: ['batch', 'pos', 'model'], shape: [1, 4, 64] } as const;
  const index = (text: string) => {
    const { slice } = parseLine(`explain hook_embed${text}`) as { slice: readonly SpecIndex[] };
    return elementAt('hook_embed', layout, slice);
  };

  test('takes one index per axis; one of size 1 may be left out', () => {
    expect(index('[pos=-1,model=3]')).toEqual({ batch: 0, pos: 3, model: 3 });
  });

  test.each([
    ['', 'and pos is not given. Write pos=0'],
    ['[pos=1:2,model=0]', 'and pos is a range'],
    ['[pos=1,model=64]', 'model 64 is outside its size of 64'],
    ['[pos=1,model=0,head=0]', 'has no axis head'],
  ])('refuses %j', (text, sentence) => {
    expect(() => index(text)).toThrow(sentence);
  });

  test('in a session: a number, its operand, a tensor that has not been written', async () => {
    const file = script('run to 1', 'explain hook_embed[pos=1,model=2]', 'explain embed.W_E[vocab=1,model=2]');
    const { status, stdout } = await fluoroscope([
      'debug',
      'induction',
      '--tokens',
      '0,1,2',
      '--script',
      file,
      '--json',
    ]);
    expect(status).toBe(0);
    const { replies } = JSON.parse(stdout);
    const [copy, weight] = replies.filter(({ kind }: { kind: string }) => kind === 'explain');
    expect(copy.explanation).toMatchObject({ kind: 'step', tensor: 'hook_embed', ok: true });
    expect(copy.says).toContain('embed.W_E[vocab 1, model 2]');
    expect(weight.explanation).toMatchObject({ kind: 'weight', value: copy.explanation.value });
    const early = script('explain unembed.hook_out[pos=1,vocab=2]'); // takes the place of the first script
    const { stderr } = await fluoroscope(['debug', 'induction', '--tokens', '0,1,2', '--script', early]);
    expect(stderr).toContain('[not-yet-run]');
  });
});

test('a script steps, stops, prints, edits, checks and watches', async () => {
  const file = script(
    '# where the pattern is made',
    `break ${PATTERN}`,
    'watch nan',
    'list all',
    'continue',
    'check',
    `print ${PATTERN}[head=1,query=-1]`,
    `stats ${PATTERN}`,
    `bits ${PATTERN}[head=0,query=0]`,
    'print blocks.0.attn.W_Q[head=0,model=0,dim=:2]',
    `edit ${PATTERN}[head=1]:zero`,
    'step',
    `print ${PATTERN}[head=1,query=-1]`,
    `print ${PATTERN}:before[head=1,query=-1]`,
    'breakpoints',
    'run to unembed.hook_out',
    'check',
    'quit',
    'step',
  );
  const args = ['debug', 'induction', '--prompt', '<bos> a b a', '--script', file];
  const [{ status, stdout, stderr }, said] = [await fluoroscope([...args, '--json']), await fluoroscope(args)];
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ command: 'debug', model: 'induction', ok: true, at: 24, steps: 24 });
  expect(report.replies).toHaveLength(16);
  const [, watch, list, stop, check, print, stats, bits, weight, edit, step, after, before, breakpoints, end] =
    report.replies;
  expect(watch).toMatchObject({ kind: 'watch', breakpoint: { id: 2, text: 'watch NaN' }, finding: null });
  expect(list.rows.map(({ kernel }: { kernel: string }) => kernel)).toHaveLength(23);
  expect(list.rows[9].breakpoints).toEqual([1]);
  expect(stop).toMatchObject({
    kind: 'stop',
    reason: 'breakpoint',
    tensor: PATTERN,
    at: 9,
    ran: { kernel: 'softmax' },
  });
  expect(check).toMatchObject({ ok: true, checked: [{ step: 8, kernel: 'softmax', tensor: PATTERN, ok: true }] });
  expect(print).toMatchObject({ axes: ['batch', 'key'], shape: [1, 4] });
  expect(print.values.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
  expect(stats).toMatchObject({ count: 4 * 16, min: 0, max: 1, zeros: 4 * 6, nan: 0, inf: 0 });
  expect(bits.values).toEqual(['0x3f800000', '0x00000000', '0x00000000', '0x00000000']);
  expect(weight).toMatchObject({ axes: ['dim'], shape: [2] });
  expect(edit).toMatchObject({ says: `zero at head 1 of ${PATTERN}`, step: 9, at: 9, steps: 24 });
  expect(step).toMatchObject({ kind: 'stop', at: 10, ran: { kernel: 'edit' } });
  expect(after.values).toEqual([0, 0, 0, 0]);
  expect(before.values).toEqual(print.values);
  expect(breakpoints.breakpoints).toMatchObject([{ id: 1 }, { id: 2, text: 'watch NaN' }]);
  expect(end).toMatchObject({ kind: 'stop', reason: 'end', next: null });

  expect({ status: said.status, stderr: said.stderr }).toEqual({ status: 0, stderr: '' });
  for (const text of [
    'induction on ',
    'before step 0 of 23: embed → hook_embed: Looks up the vector of each token.',
    `> break ${PATTERN}\n1: after ${PATTERN} (before step 9)`,
    `breakpoint 1, after ${PATTERN}; step 8 softmax has written ${PATTERN}`,
    `${PATTERN} [batch 1, key 4]\nbatch 0  0.25  0.25  0.25  0.25`,
    '0x3f800000  0x00000000',
    `zero at head 1 of ${PATTERN}: step 9, when the session goes on`,
    'batch 0  0  0  0  0',
    'step 23 unembed has written unembed.hook_out\nat the end, after all 24 steps\n> check\nstep 23 unembed',
    '\nended at the end; 2 checks held\n',
  ]) {
    expect(said.stdout.replaceAll(/ +\n/g, '\n')).toContain(text);
  }
});

test('what a watch finds makes the exit status 1, and says where it comes from', async () => {
  const file = script('edit blocks.0.hook_resid_pre[pos=2,model=5]:scale=1e38', 'watch inf', 'continue');
  const edit = ['--edit', 'hook_embed[pos=2,model=5]:set=1e5'];
  const args = ['debug', 'induction', '--tokens', '0,1,2,1', '--script', file, ...edit];
  const { status, stdout } = await fluoroscope([...args, '--json']);
  const report = JSON.parse(stdout);
  expect({ status, ok: report.ok }).toEqual({ status: 1, ok: false });
  const { finding, ...stop } = report.replies.at(-1);
  expect(stop).toMatchObject({ reason: 'condition', tensor: 'blocks.0.hook_resid_pre', value: 'Infinity' });
  expect(stop.index).toEqual({ batch: 0, pos: 2, model: 5 });
  expect(finding).toMatchObject({ kernel: 'edit', count: 1, value: 'Infinity', bits: '0x7f800000' });
  expect(finding.operands.map(({ port, first }: { port: string; first: unknown }) => [port, first])).toEqual([
    ['x', null],
    ['weight', null],
    ['offset', null],
  ]);
});

test('a check that misses makes the exit status 1', async () => {
  const file = script('edit hook_embed:scale=1e38', 'edit blocks.0.hook_resid_pre:scale=1e38', 'run to 5', 'check');
  const { status, stdout } = await fluoroscope(['debug', 'induction', '--tokens', '0,1,2', '--script', file]);
  expect(status).toBe(1);
  expect(stdout).toContain('  MISS');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    'FAILED: ended before step 5 of 25; a check missed or a watch found something',
  );
});

test('commands come one after another through a pipe, and the session waits for them', async () => {
  const child = start(['debug', 'induction', '--tokens', '0,1,2,1']);
  const finished = ended(child);
  const answers: string[] = [];
  const saw = async (text: string) => {
    while (!answers.join('').includes(text)) {
      await new Promise((resolve) => child.stdout!.once('data', resolve));
    }
  };
  child.stdout!.on('data', (text) => answers.push(String(text)));
  await saw('before step 0 of 23');
  child.stdin!.write('step 2\n');
  await saw('before step 2 of 23');
  child.stdin!.write('help\nrun to blocks.0.attn.hook_q\n');
  await saw('step 4 matmul has written blocks.0.attn.hook_q');
  child.stdin!.end();
  const { status, stdout } = await finished;
  expect(status).toBe(0);
  expect(stdout).toContain('watch nan | inf | range MIN MAX');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('ended before step 5 of 23; 0 checks held');
});

describe('bad input ends with status 2 and one sentence', () => {
  test.each<[string, string[], string, string]>([
    ['a command', ['step', 'brake 3'], 'usage', 'session.txt:2: debug: got "brake", expected a command'],
    ['an edit', ['edit hook_embed:double'], 'edit-invalid', 'session.txt:1: --edit: got "double"'],
    ['a condition', ['', 'break if x ~ 3'], 'condition-invalid', 'session.txt:2: debug: got "~", expected a relation'],
    ['a range upside down', ['step', 'list 9:3'], 'usage', 'session.txt:2: debug: got a range from 9 to 3'],
    ['no step to take', ['step 0'], 'usage', 'session.txt:1: debug: got 0, expected a number of steps from 1 on'],
    ['an edit’s text', ['edit hook_embed:patch@"<bos> zzz"'], 'token-invalid', 'session.txt:1: --edit: '],
  ])('%s, before any Chrome is started', async (_, lines, code, sentence) => {
    await refused(lines, code, sentence, NO_CHROME);
  });

  test('no such script', async () => {
    const args = ['debug', 'induction', '--tokens', '0,1,2', '--script', join(folder.path, 'nowhere')];
    const { status, stderr } = await fluoroscope(args, NO_CHROME);
    expect(status).toBe(2);
    expect(stderr).toContain('[file-missing]');
  });

  test.each<[string, string[], string, string]>([
    [
      'an unknown breakpoint',
      ['step', 'break blocks.0.attn.hook_patern'],
      'tensor-unknown',
      'session.txt:2: This program has no tensor named blocks.0.attn.hook_patern. Near it: blocks.0.attn.hook_pattern',
    ],
    [
      'what has not run',
      ['print hook_embed'],
      'not-yet-run',
      'session.txt:1: hook_embed is not there yet: it takes step 0 embed, and the session stands before step 0. Run to hook_embed first.',
    ],
    [
      'a list of steps that there are not',
      ['list 20:6000', 'list 22:22', 'list 23:6000'],
      'usage',
      'session.txt:3: list: there is no step 23. There are 23: 0 to 22.',
    ],
    ['nothing to check', ['check'], 'usage', 'session.txt:1: check compares the last step, and none has run yet'],
    ['the past', ['step 5', 'run to 2'], 'breakpoint-invalid', 'session.txt:2: The session stands before step 5'],
  ])('%s', async (_, lines, code, sentence) => {
    await refused(lines, code, sentence);
  });

  async function refused(lines: string[], code: string, sentence: string, env = {}): Promise<void> {
    const args = ['debug', 'induction', '--tokens', '0,1,2', '--script', script(...lines), '--json'];
    const { status, stdout, stderr } = await fluoroscope(args, env);
    const { error } = JSON.parse(stdout);
    expect({ status, code: error.code }).toEqual({ status: 2, code });
    expect(error.message).toContain(sentence);
    expect(stderr).toBe(`fluoroscope: [${code}] ${error.message}\n`);
  }
});
