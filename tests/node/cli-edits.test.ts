import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseEdit } from '../../src/edits/language';
import { readTrace } from '../../src/index';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { fluoroscope, NO_CHROME, temporaryFolder } from './fluoroscope';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const out = join(folder.path, 'trace.safetensors');
const Z = 'blocks.0.attn.hook_z';

describe('the language', () => {
  const slice = (text: string) => parseEdit(`x[${text}]:zero`).slice.map(({ axis, index }) => [axis, index]);

  test.each([
    [
      'head=3,pos=-1',
      [
        ['head', 3],
        ['pos', -1],
      ],
    ],
    [
      ' batch = 0 , pos = 2 : 5 ',
      [
        ['batch', 0],
        ['pos', [2, 5]],
      ],
    ],
    ['pos=2:', [['pos', [2, null]]]],
    ['pos=:-1', [['pos', [null, -1]]]],
    ['pos=:', [['pos', [null, null]]]],
    ['query=−1', [['query', -1]]], // the sign that a text editor makes of it
  ])('slice [%s]', (text, expected) => expect(slice(text)).toEqual(expected));

  test.each([
    ['zero', { op: 'zero' }],
    ['freeze', { op: 'freeze' }],
    ['scale=0.5', { op: 'scale', by: 0.5 }],
    ['scale=-.5e1', { op: 'scale', by: -5 }],
    ['set=1.5', { op: 'set', value: 1.5 }],
    ['set=[1, -2.5]', { op: 'set', value: { shape: [2], data: [1, -2.5] } }],
    ['add=@a vector.safetensors#my#name', { op: 'add', value: { file: 'a vector.safetensors#my', tensor: 'name' } }],
    ['add=@vector.json', { op: 'add', value: { file: 'vector.json', tensor: null } }],
    ['noise=0.1', { op: 'noise', std: 0.1, seed: 0 }],
    ['noise=0.1,seed=7', { op: 'noise', std: 0.1, seed: 7 }],
    ['mean', { op: 'mean', reference: null, over: ['batch'] }],
    ['mean,over=batch+pos', { op: 'mean', reference: null, over: ['batch', 'pos'] }],
    [
      'mean@1,2;3,4,over=batch',
      {
        op: 'mean',
        reference: [
          [1, 2],
          [3, 4],
        ],
        over: ['batch'],
      },
    ],
    ['resample,seed=2', { op: 'resample', seed: 2 }],
    ['patch@"other, \\"prompt\\""', { op: 'patch', source: 'other, "prompt"', from: null }],
    ['patch@1,2,3', { op: 'patch', source: [[1, 2, 3]], from: null }],
  ])('%s', (text, expected) => expect(parseEdit(`${Z}[head=0]:${text}`)).toMatchObject({ at: Z, what: expected }));

  test('a patch from another place', () => {
    const { what } = parseEdit('x[pos=1]:patch@1,2 ,from=[pos=0,head=-1]');
    expect(what).toMatchObject({
      source: [[1, 2]],
      from: [
        { axis: 'pos', index: 0 },
        { axis: 'head', index: -1 },
      ],
    });
  });

  test.each([
    ['', 0, 'got the end, expected the name of a tensor'],
    ['[head=1]:zero', 0, 'got "[", expected the name of a tensor'],
    ['x', 1, 'got the end, expected "[" and a slice, or ":" and an operation'],
    ['x y:zero', 2, 'got "y", expected "[" and a slice'],
    ['x[head=1]', 9, 'got the end, expected ":" and an operation'],
    ['x[hed=1]:zero', 2, 'got "hed", expected an axis: one of batch, pos, query'],
    ['x[head]:zero', 6, 'got "]", expected "="'],
    ['x[head=]:zero', 7, 'got "]", expected an index such as 3 or −1, or a range such as 2:5'],
    ['x[head=1.5]:zero', 8, 'got ".5", expected "," and another axis, or "]"'],
    ['x[head=1,]:zero', 9, 'got "]", expected an axis'],
    ['x[head=1,head=2]:zero', 9, 'the axis head is given twice'],
    ['x[head=1:zero', 9, 'got "zero", expected "," and another axis, or "]"'],
    [
      'x:zeros',
      2,
      'got "zeros", expected an operation: one of zero, scale, set, add, noise, mean, resample, patch, freeze',
    ],
    ['x:', 2, 'got the end, expected an operation'],
    ['x:zero=1', 6, 'got "=", expected the end'],
    ['x:scale', 7, 'got the end, expected "="'],
    ['x:scale=half', 8, 'got "half", expected a number'],
    ['x:set=', 6, 'expected a number, a list such as [1,2,3], or @file.safetensors#tensor'],
    ['x:set=[1,2', 10, 'got the end, expected "," and another number, or "]"'],
    ['x:set=[]', 7, 'got "]", expected a number'],
    ['x:add=@', 7, 'expected the name of a .safetensors or .json file'],
    ['x:add=@a.safetensors#', 21, 'got the end, expected the name of a tensor'],
    ['x:noise=-1', 8, 'got a standard deviation of -1, expected a number from 0 on'],
    ['x:noise=1,sed=7', 10, 'got "sed", expected seed='],
    ['x:noise=1,seed=x', 15, 'got "x", expected a whole number'],
    ['x:mean,over=all', 12, 'got "all", expected an axis'],
    ['x:patch', 7, 'got the end, expected "@"'],
    ['x:patch@other', 8, 'got "other", expected a token id, or a text in double quotes'],
    ['x:patch@"other', 8, 'this text has no end; close it with "'],
    ['x:patch@"a\\q"', 8, 'this text is no JSON string'],
    ['x:patch@1,2,form=[pos=1]', 12, 'got "form", expected from='],
    ['x:patch@1,;', 10, 'got ";", expected a token id'],
  ])('points into %j', (text, column, sentence) => {
    const refused = expect.objectContaining({ code: 'edit-invalid', message: expect.stringContaining(sentence) });
    expect(() => parseEdit(text)).toThrow(refused);
    try {
      parseEdit(text);
    } catch (error) {
      const [first, quoted, caret, ...rest] = (error as Error).message.split('\n');
      expect(first).toMatch(/^--edit: /);
      expect([quoted, caret, rest]).toEqual([`  ${text}`, `  ${' '.repeat(column)}^`, []]);
    }
  });
});

async function refused(edit: string, code: string, sentence: string, caret: number, env: NodeJS.ProcessEnv = {}) {
  const args = ['trace', 'induction', '--tokens', '0,1,2,1', '--edit', edit, '--out', out];
  const { status, stdout, stderr } = await fluoroscope(args, env);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(new RegExp(`^fluoroscope: \\[${code}\\] --edit: [^\n]+\\.\n`));
  expect(stderr.split('\n').slice(1)).toEqual([`  ${edit}`, `  ${' '.repeat(caret)}^`, '']);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
}

describe('bad edits are refused before any Chrome is started', () => {
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const two = () => {
    const tensor = (name: string) => ({ name, dtype: 'F32' as const, shape: [1], data: Float32Array.of(1) });
    return file('two.safetensors', writeSafetensors([tensor('a'), tensor('b')]));
  };

  test.each<[string, string | (() => string), code: string, sentence: string, caret: number]>([
    ['a word that is no operation', 'hook_embed:zeroo', 'edit-invalid', 'got "zeroo", expected an operation', 11],
    ['a number beyond f32', 'hook_embed:scale=1e39', 'edit-invalid', '1e39 is more than f32 can hold', 17],
    ['an infinite number', 'hook_embed:set=1e400', 'edit-invalid', '1e400 is more than f32 can hold', 15],
    [
      'a file with one',
      () => `hook_embed:add=@${file('large.json', '[1, -1e39]')}`,
      'edit-invalid',
      'large.json holds -1e+39 at element 1, more than f32 can hold',
      11,
    ],
    ['a file that is not there', 'hook_embed:add=@nowhere.json', 'edit-invalid', 'nowhere.json cannot be read', 11],
    [
      'a file that is no list',
      () => `hook_embed:add=@${file('object.json', '{}')}`,
      'edit-invalid',
      'object.json is no list of numbers',
      11,
    ],
    [
      'a file of two tensors',
      () => `hook_embed:add=@${two()}`,
      'edit-invalid',
      'holds 2 tensors (a, b); add #NAME',
      11,
    ],
    ['a tensor that is not there', () => `hook_embed:add=@${two()}#c`, 'tensor-unknown', 'no tensor "c"; it holds', 11],
    [
      'a file with a NaN',
      () => {
        const data = Float32Array.of(1, Number.NaN);
        const bytes = writeSafetensors([{ name: 'v', dtype: 'F32', shape: [2], data }]);
        return `hook_embed:add=@${file('nan.safetensors', bytes)}`;
      },
      'edit-invalid',
      'v holds NaN at element 1, expected finite numbers',
      11,
    ],
    ['a prompt with an unknown word', 'hook_embed:patch@"zzz"', 'token-invalid', 'has no token for "zzz"', 11],
    ['a token beyond the vocabulary', 'hook_embed:mean@1,99', 'token-invalid', 'token id 99', 11],
    ['a tensor that the model has not', 'blocks.0.attn.hook_zz:zero', 'tensor-unknown', `Near it: ${Z}`, 0],
    ['a place that it has not', `${Z}[pos=1,head=4]:zero`, 'slice-invalid', 'head 4 is outside its size of 4', 27],
  ])('%s', async (_, edit, code, sentence, caret) => {
    await refused(typeof edit === 'function' ? edit() : edit, code, sentence, caret, NO_CHROME);
  });
});

describe('what only the model can refuse', () => {
  test.each([
    ['hook_embed:add=[1,2]', 'edit-invalid', 'its values have model 2, expected model 64', 11],
    ['hook_embed:patch@1,2', 'edit-invalid', 'pos 2, expected pos 4', 11],
    ['hook_embed:resample', 'edit-invalid', 'axis batch: got 1, expected at least 2 entries', 11],
  ])('%s', (edit, code, sentence, caret) => refused(edit, code, sentence, caret));
});

test('edits are made in the order given, each says what it did, and the file has before and after', async () => {
  const vector = join(folder.path, 'vector.safetensors');
  const data = Float32Array.from({ length: 64 }, (_, i) => i / 64);
  writeFileSync(vector, writeSafetensors([{ name: 'steer', dtype: 'F32', shape: [64], data }]));
  const specs = [
    `${Z}[head=3,pos=-1]:zero`,
    `${Z}[head=3,pos=1:]:patch@"<bos> b b b"`,
    `hook_embed[pos=2:]:add=@${vector}#steer`,
    'blocks.0.hook_resid_post:freeze',
    'blocks.1.attn.hook_attn_scores[query=0,key=-1]:scale=0.5',
    'unembed.hook_out[vocab=5]:set=100',
  ];
  const args = ['trace', 'induction', '--prompt', '<bos> a b a', '--out', out];
  const { status, stdout, stderr } = await fluoroscope([
    ...args,
    ...specs.flatMap((spec) => ['--edit', spec]),
    '--json',
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const report = JSON.parse(stdout);
  const [zero, patch, add, freeze, scale, set] = report.edits;
  expect(report.edits.map(({ spec }: { spec: string }) => spec)).toEqual(specs);
  expect(zero).toMatchObject({ changed: 16, of: 16, first: 'blocks.0.hook_attn_out' });
  expect(patch).toMatchObject({ changed: 48, of: 48 });
  expect(add).toMatchObject({ changed: 2 * 63, of: 128, first: 'blocks.0.hook_resid_pre' });
  expect(freeze.of).toBe(256);
  // What is frozen before it is clean, and it is masked: half of −1e30 still weighs nothing.
  expect(scale).toMatchObject({ changed: 4, first: null, says: expect.stringContaining('nothing downstream changed') });
  expect(set).toMatchObject({ changed: 4, of: 4, first: null, says: expect.stringContaining('which nothing reads') });
  expect(report.next[0][0]).toMatchObject({ token: 5, logit: 100 });

  const trace = readTrace(readFileSync(out));
  expect(trace.edits).toHaveLength(specs.length);
  const [before, after] = await Promise.all(
    ['hook_embed:before', 'hook_embed'].map((name) => trace.read(name, { batch: 0, pos: 3 })),
  );
  after!.data.forEach((value, i) => {
    expect(value).toBe(Math.fround(before!.data[i]! + data[i]!));
  });
  rmSync(out);
});

test('check holds for an edited pass', async () => {
  const args = ['check', 'induction', '--tokens', '0,1,2,1', '--edit', `${Z}[head=1]:noise=0.1,seed=7`, '--json'];
  const { status, stdout } = await fluoroscope(args);
  const report = JSON.parse(stdout);
  expect({ status, ok: report.ok }).toEqual({ status: 0, ok: true });
  expect(report.checked.map(({ kernel }: { kernel: string }) => kernel)).toContain('edit');
});
