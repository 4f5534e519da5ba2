/** `fluoroscope check MODEL --kernels DIR`: a user's WGSL in place of ours. Each planted fault is found by one command. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fluoroscope, NO_CHROME, temporaryFolder } from './fluoroscope';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const ours = (file: string) => readFileSync(join('shaders', file), 'utf8');
let made = 0;

/** A folder of shaders. */
function kernels(files: Record<string, string>): string {
  const path = join(folder.path, `kernels-${made++}`);
  mkdirSync(path);
  for (const [file, code] of Object.entries(files)) writeFileSync(join(path, file), code);
  return path;
}

function changed(file: string, from: string | RegExp, to: string): string {
  const code = ours(file).replace(from, to);
  expect(code).not.toBe(ours(file));
  return kernels({ [file]: code });
}

const check = (path: string, ...more: string[]) =>
  fluoroscope(['check', 'shakespeare', '--prompt', 'ROMEO: what', '--kernels', path, ...more]);

test('right ones pass: each is examined, then runs in the model', async () => {
  const path = kernels({ 'softmax.wgsl': ours('softmax.wgsl'), 'matmul.wgsl': ours('matmul.wgsl') });
  const { status, stdout, stderr } = await check(path);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^softmax\.wgsl \(softmax\): no fault in \d+ problems of odd sizes$/m);
  expect(stdout).toMatch(/^matmul\.wgsl \(matmul\): no fault in \d+ problems of odd sizes$/m);
  expect(stdout).toMatch(/^matmul\.wgsl \(unembed\): no fault in \d+ problems of odd sizes$/m);
  expect(stdout).toMatch(/^ *\d+ {2}softmax \(user\) {2}/m);
  expect(stdout).toMatch(/^ok: all \d+ tensors lie within their bounds/m);
  expect(status).toBe(0);
});

describe('a planted fault is found by one command', () => {
  test('an uninitialised read', async () => {
    const { status, stdout } = await check(changed('attn_mix.wgsl', 'z[i] = sum;', 'z[i] += sum;'));
    expect(stdout).toMatch(
      /^uninitialised: attn_mix\.wgsl \(attn_mix\), .*: z\[batch 0, query 0, head 0, dim 0\] depends on what an output held before the kernel ran/m,
    );
    expect(stdout).toMatch(/^FAILED: 1 of 1 kernels have faults\.$/m);
    expect(status).toBe(1);
  });

  test('a race', async () => {
    const staged = ours('layernorm.wgsl')
      .replace('@compute', 'var<workgroup> staged: array<f32, 256>;\n\n@compute')
      .replace('groups: vec3u)', 'groups: vec3u, @builtin(local_invocation_index) lane: u32)')
      .replace('  let row', '  for (var i = lane; i < u.cols; i += 64) { staged[i] = gain[i]; }\n  let row')
      .replace('gain[i] * value', 'staged[i] * value');
    const { status, stdout } = await check(kernels({ 'layernorm.wgsl': staged }));
    expect(stdout).toMatch(
      /^race: layernorm\.wgsl \(layernorm\), rows 3, .*: staged\[\d+\]: lane \d+ \w+ it on line \d+ and lane \d+ \w+ it on line \d+; no workgroupBarrier/m,
    );
    expect(status).toBe(1);
  });

  test('a tile that is overwritten while other invocations still read it', async () => {
    const { status, stdout } = await check(
      changed('matmul_tiled.wgsl', /workgroupBarrier\(\);\n\n {4}\/\/ The run ends/, '// The run ends'),
    );
    for (const kernel of ['matmul', 'unembed']) {
      const race = `^race: matmul_tiled\\.wgsl \\(${kernel}\\), rows 5, inner 65, cols 2: [xw]_tile\\[\\d+\\]: lane \\d+ reads it on line 11\\d and lane \\d+ writes it on line (55|61); no workgroupBarrier`;
      expect(stdout).toMatch(new RegExp(race, 'm'));
    }
    expect(stdout).toMatch(/^FAILED: 2 of 2 kernels have faults\.$/m);
    expect(status).toBe(1);
  });

  test('a loop that does not end: neither the GPU nor the model runs it', async () => {
    const endless = 'var left = 1u;\n  while (left > 0) { left = max(left, 1); }\n  sum[i] =';
    const { status, stdout } = await check(changed('add.wgsl', 'sum[i] =', endless));
    expect(stdout).toMatch(
      /^no-end: add\.wgsl \(add\), size 1: Line 21, lane 0: the workgroup has not ended after 500,000 statements\. The GPU has not run it\.$/m,
    );
    expect(stdout).toMatch(/^The model has not run: add\.wgsl \(add\) would not end\.$/m);
    expect(stdout).toMatch(/^FAILED: 1 of 1 kernels have faults\.$/m);
    expect(stdout).not.toContain('blocks.0');
    expect(status).toBe(1);
  });

  test('an overflow in GELU, by the examination alone: this prompt does not reach it', async () => {
    const infinities = 'let t = exp(z);\n  y[i] = value * (t / (1 + t));';
    const { status, stdout } = await check(changed('gelu_new.wgsl', /y\[i\] = .*/, infinities), '--json');
    const report = JSON.parse(stdout);
    expect(report.kernels).toMatchObject([{ file: 'gelu_new.wgsl', kernel: 'gelu_new', notes: [] }]);
    expect(report.kernels[0].faults).toEqual([
      {
        kind: 'wrong',
        says: expect.stringMatching(
          /^gelu_new\.wgsl \(gelu_new\), size 65: y\[size \d+\] is NaN, float64 gives .* \(values up to ±1e4\)$/,
        ),
      },
    ]);
    expect(report.ok).toBe(false);
    expect(report.first).toBeNull();
    expect(status).toBe(1);
  });

  test('an overflow in GELU on inputs that reach it: the first step that leaves its bound, and why', async () => {
    const infinities = 'let t = exp(z);\n  y[i] = value * (t / (1 + t));';
    const path = changed('gelu_new.wgsl', /y\[i\] = .*/, infinities);
    const { status, stdout } = await check(path, '--edit', 'blocks.0.mlp.hook_pre:scale=100');
    expect(stdout).toMatch(
      /^first: step \d+, blocks\.0\.mlp\.hook_post\. \d+ elements lie beyond the bound\. All that it has read is finite: the step itself made the value\. Ours, on the very same operands, stays within the bound: the fault is in gelu_new\.wgsl\.$/m,
    );
    expect(stdout).toMatch(/^step \d+ gelu_new: blocks\.0\.mlp\.hook_post at .*: got NaN, expected /m);
    expect(status).toBe(1);
  });

  test('a mask off by one', async () => {
    const { status, stdout } = await check(changed('attn_scores.wgsl', 'key > query', 'key > query + 1'));
    expect(stdout).toMatch(/^wrong: attn_scores\.wgsl \(attn_scores\), .*float64 gives -1\.0000000150474662e\+30/m);
    expect(stdout).toMatch(/^first: step \d+, blocks\.0\.attn\.hook_attn_scores\. /m);
    expect(status).toBe(1);
  });
});

describe('bad input ends with status 2 and one sentence', () => {
  test.each<[what: string, path: () => string, code: string, sentence: RegExp]>([
    ['no such folder', () => join(folder.path, 'nowhere'), 'file-missing', /nowhere cannot be read: ENOENT/],
    [
      'no shader in it',
      () => kernels({ 'README.md': '' }),
      'usage',
      /holds no \.wgsl file; expected names of shaders\//,
    ],
  ])('%s, before any Chrome is started', async (_, path, code, sentence) => {
    const args = ['check', 'induction', '--tokens', '0,1', '--kernels', path()];
    const { status, stderr } = await fluoroscope(args, NO_CHROME);
    expect(stderr).toMatch(`fluoroscope: [${code}] --kernels`);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(2);
  });

  test.each<[what: string, path: () => string, code: string, sentence: string]>([
    [
      'an unknown name',
      () => kernels({ 'soft_max.wgsl': '' }),
      'kernel-invalid',
      'No shader of ours is named soft_max.wgsl. Near it: softmax.wgsl,',
    ],
    [
      'a shader that does not compile',
      () => changed('add.wgsl', 'a[i] + b[i]', 'a[i] + c[i]'),
      'shader-invalid',
      "add.wgsl:20:19: unresolved value 'c'.\n    sum[i] = a[i] + c[i];",
    ],
    [
      'a port that does not fit',
      () => changed('add.wgsl', 'var<storage, read> b', 'var<storage, read_write> b'),
      'kernel-invalid',
      'add.wgsl:13: add port b does not fit in the access: expected @group(0) @binding(2) var<storage, read> b: array<f32>',
    ],
  ])('%s', async (_, path, code, sentence) => {
    const { status, stderr } = await fluoroscope(['check', 'induction', '--tokens', '0,1', '--kernels', path()]);
    expect(stderr).toContain(`fluoroscope: [${code}] ${sentence}`);
    expect(status).toBe(2);
  });
});
