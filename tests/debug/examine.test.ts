/** What the examination of a user's kernel finds, and what it does not hold against a right one. */
import { describe, expect, test } from 'vitest';
import { describeFault, examineKernel } from '../../src/debug/examine';
import { dimensionsOf, examplesOf, interpretable } from '../../src/debug/examples';
import { shaderFiles, userKernels } from '../../src/debug/user-kernels';
import { testGpu } from '../harness/fixtures';

const ours = (file: string) => shaderFiles().get(file)![0]!.ours.code;

async function examine(file: string, code = ours(file)) {
  const gpu = await testGpu();
  const found = await userKernels(gpu, { [file]: code });
  return Promise.all(found.map((kernel) => examineKernel(gpu, kernel)));
}

test.each([...shaderFiles().keys()])('%s as it stands has no fault', async (file) => {
  for (const { faults, notes, examples } of await examine(file)) {
    expect(faults).toEqual([]);
    // As many keys as queries are a square: more than the interpreter has time for.
    const left = /^Races .* not looked for at fresh above 7: too much for the interpreter\.$/;
    const without = /^Races .* not looked for: The interpreter has neither f16 nor subgroups/;
    const note = file === 'extend_keys.wgsl' ? left : ours(file).includes('enable subgroups') ? without : null;
    expect(notes).toEqual(note ? [expect.stringMatching(note)] : []);
    expect(examples).toBeGreaterThan(4);
  }
});

const STAGED = (barrier: string) =>
  ours('layernorm.wgsl')
    .replace('@compute', 'var<workgroup> staged: array<f32, 512>;\n\n@compute')
    .replace('groups: vec3u)', 'groups: vec3u, @builtin(local_invocation_index) lane: u32)')
    .replace(
      '  if (row >= u.rows) { return; }',
      `  for (var i = lane; i < u.cols; i += 64) { staged[i] = gain[i]; }\n${barrier}  if (row >= u.rows) { return; }`,
    )
    .replace('gain[i] * value', 'staged[i] * value');

describe('finds', () => {
  test.each<[mistake: string, file: string, change: (code: string) => string, kind: string, says: RegExp]>([
    [
      'an element that is never written',
      'add.wgsl',
      (code) => code.replace('i >= u.size', 'i + 1 >= u.size'),
      'unwritten',
      /^add\.wgsl \(add\), size 1: sum\[size 0\] is never written: it keeps what the buffer held before$/,
    ],
    [
      'an output that is not written at all',
      'layernorm.wgsl',
      (code) => code.replace('scale[row] = s;', ''),
      'unwritten',
      /^layernorm\.wgsl \(layernorm\), rows 1, .*: scale\[rows 0\] is never written/,
    ],
    [
      'a sum that starts from what was there',
      'attn_mix.wgsl',
      (code) => code.replace('z[i] = sum;', 'z[i] += sum;'),
      'uninitialised',
      /z\[batch 0, query 0, head 0, dim 0\] depends on what an output held before the kernel ran: it read memory that it had not written, and left 0x[0-9a-f]{8} and 0x/,
    ],
    [
      'a read behind the end of a port',
      'matmul.wgsl',
      (code) => code.replace('k < u.inner', 'k <= u.inner'),
      'read-beyond',
      /^matmul\.wgsl \(matmul\), rows 1, inner 1, cols 1: y\[rows 0, cols 0\] depends on what lies behind the end of a port/,
    ],
    [
      'a write behind the end of the port',
      'relu.wgsl',
      (code) => code.replace('if (i >= u.size) { return; }', ''),
      'written-beyond',
      /^relu\.wgsl \(relu\), size 1: y\[1\] is written, though it lies behind the end of the port \(63 elements so\)$/,
    ],
    [
      'a missing barrier',
      'layernorm.wgsl',
      () => STAGED(''),
      'race',
      /^layernorm\.wgsl \(layernorm\), rows 3, .*: staged\[\d+\]: lane \d+ .* on line \d+ and lane \d+ .* on line \d+; no workgroupBarrier lies between them\.$/,
    ],
    [
      'two invocations that write the same element',
      'add.wgsl',
      (code) => code.replace('sum[i] =', 'sum[i / 2] ='),
      'race',
      /sum\[0\]: lane 0 writes it on line 20 and lane 1 writes it on line 20; no storageBarrier lies between them\.$/,
    ],
    [
      'an index that ignores the second row of workgroups',
      'softmax.wgsl',
      (code) => code.replace('id.x + id.y * groups.x * 64', 'id.x + 0 * id.y * groups.x'),
      'split',
      /y is wrong where 1×2×1 workgroups run it: the index is id\.x \+ id\.y \* groups\.x \* SIZE/,
    ],
    [
      'tanh that overflows',
      'gelu_new.wgsl',
      (code) => code.replace(/ {2}y\[i\] = .*/, '  y[i] = 0.5 * value * (1 + (exp(z) - 1) / (exp(z) + 1));'),
      'wrong',
      /^gelu_new\.wgsl \(gelu_new\), size 65: y\[size \d+\] is NaN, float64 gives [\d.e+]+ \(values up to ±1e4\)$/,
    ],
    [
      'one-pass variance',
      'layernorm.wgsl',
      (code) =>
        code
          .replace('let centred = x[base + i] - mean;', 'let centred = x[base + i];')
          .replace('squares / d + u.eps', 'squares / d - mean * mean + u.eps'),
      'wrong',
      /scale\[rows \d+\] is .*, float64 gives .* \(rows near 1000\)$/,
    ],
    [
      'an eps of its own',
      'layernorm.wgsl',
      (code) => code.replace('u.eps', '1e-5'),
      'wrong',
      /^layernorm\.wgsl \(layernorm\), rows 7, cols 7, eps 0\.1: scale\[rows \d\] is /,
    ],
    [
      'a mask whether or not it is asked for',
      'attn_scores.wgsl',
      (code) => code.replace('u.causal == 1 && ', ''),
      'wrong',
      /^attn_scores\.wgsl \(attn_scores\), .* causal 0: scores\[.*\] is -1\.?\d*e\+30, float64 gives /,
    ],
    [
      'a scale of its own',
      'attn_scores.wgsl',
      (code) => code.replace('sum * u.scale', 'sum * 0.37'),
      'wrong',
      /^attn_scores\.wgsl \(attn_scores\), .* scale 1\.7, causal 0: scores\[/,
    ],
    [
      'a table that begins at id 0, wherever it begins',
      'embed.wgsl',
      (code) => code.replace('ids[i / u.model] - u.first', 'ids[i / u.model]'),
      'wrong',
      /^embed\.wgsl \(embed\), rows 7, vocab 7, model 7, first 2: out\[/,
    ],
    [
      'an id behind the table that is read all the same',
      'embed.wgsl',
      (code) => code.replace('entry < u.vocab', 'entry <= u.vocab'),
      'wrong',
      /^embed\.wgsl \(embed\), rows 7, vocab 7, model 7, first 2: out\[/,
    ],
    [
      'a maximum without the last element',
      'softmax.wgsl',
      (code) => code.replace('i < u.cols; i++) { largest', 'i + 1 < u.cols; i++) { largest'),
      'wrong',
      /^softmax\.wgsl \(softmax\), rows 65, cols 7: y\[.*\] is .* \(one entry of each row 120 above the rest\)$/,
    ],
    [
      'a maximum without the first element',
      'softmax.wgsl',
      (code) => code.replace('x[base];', 'x[base + min(1, u.cols - 1)];'),
      'wrong',
      /^softmax\.wgsl \(softmax\), rows 65, cols 7: y\[.*\] is .* \(one entry of each row 120 above the rest\)$/,
    ],
    [
      'a maximum of the first 64 elements',
      'softmax.wgsl',
      (code) => code.replace('i < u.cols; i++) { largest', 'i < min(64, u.cols); i++) { largest'),
      'wrong',
      /^softmax\.wgsl \(softmax\), rows 5, cols 257: y\[.*\] is .* \(one entry of each row 120 above the rest\)$/,
    ],
    [
      'a loop that does not end',
      'add.wgsl',
      (code) => code.replace('  sum[i] =', '  var left = 1u;\n  while (left > 0) { left = max(left, 1); }\n  sum[i] ='),
      'no-end',
      /^add\.wgsl \(add\), size 1: Line 21, lane 0: the workgroup has not ended after 500,000 statements\. The GPU has not run it\.$/,
    ],
  ])('%s', async (_, file, change, kind, says) => {
    const code = change(ours(file));
    expect(code).not.toBe(ours(file));
    const [examination] = await examine(file, code);
    const fault = examination!.faults.find((one) => one.kind === kind);
    expect(fault, JSON.stringify(examination, null, 1)).toBeDefined();
    expect(describeFault(examination!, fault!)).toMatch(says);
  });

  test('nothing else in a kernel that does not end: the GPU has not run it', async () => {
    const endless = ours('add.wgsl').replace('  sum[i] =', '  while (u.size > 0) { sum[i] = 0; }\n  sum[i] =');
    const gpu = await testGpu();
    const [found] = await userKernels(gpu, { 'add.wgsl': endless });
    const { dispatches } = gpu.counters;
    const { faults } = await examineKernel(gpu, found!);
    expect(faults.map(({ kind }) => kind)).toEqual(['no-end']);
    expect(gpu.counters.dispatches).toBe(dispatches);
  });

  test('no race where the barrier is there', async () => {
    const [examination] = await examine('layernorm.wgsl', STAGED('  workgroupBarrier();\n'));
    expect(examination!.faults).toEqual([]);
  });

  test('a barrier that some invocations never reach', async () => {
    const late = STAGED('').replace('  var total', '  workgroupBarrier();\n  var total');
    const examined = examine('layernorm.wgsl', late);
    // Chrome's own analysis of uniformity refuses it before it runs.
    await expect(examined).rejects.toMatchObject({
      code: 'shader-invalid',
      message: expect.stringContaining("'workgroupBarrier' must only be called from uniform control flow"),
    });
  });
});

describe('which examples the interpreter runs too', () => {
  const { kernel } = shaderFiles().get('matmul.wgsl')![0]!;
  const examples = examplesOf(kernel);
  const dimensions = dimensionsOf(kernel);

  test('each dimension has one of several tiles, the others being 1', () => {
    const { run, missing } = interpretable(
      dimensions,
      examples,
      () => 20_000,
      () => false,
    );
    expect(missing).toEqual([]);
    expect([...run].map(({ uniforms }) => Object.values(uniforms))).toEqual([
      [1, 1, 1],
      [3, 3, 3],
      [5, 7, 2],
      [65, 1, 1],
      [1, 65, 1],
      [1, 1, 65],
    ]);
  });

  test('what is too much for it is told', () => {
    const { missing } = interpretable(
      dimensions,
      examples,
      ({ inner }) => (inner! > 5 ? 1e6 : 1),
      () => false,
    );
    expect(missing).toEqual(['inner above 3']);
  });

  test('a size over one workgroup stands for larger ones, whatever it is', () => {
    const { missing } = interpretable(
      dimensions,
      examples,
      ({ rows }) => (rows! > 5 ? 1e6 : 1),
      ({ rows }) => rows! > 2,
    );
    expect(missing).toEqual([]);
  });
});
