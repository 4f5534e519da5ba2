import { expect, test } from 'vitest';
import { loadModel } from '../../src/load-model';
import { parseSafetensors } from '../../src/tensor/safetensors';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { readTrace } from '../../src/trace/file';
import { writeTrace } from '../../src/trace/write';
import { testDevice } from '../harness/device';
import { tinyModel } from '../harness/tiny-model';

const prompt = [
  [1, 2, 3],
  [4, 5, 6],
];

async function traced() {
  const model = await loadModel(tinyModel(), { device: await testDevice() });
  return { model, trace: await model.run(prompt) };
}

test('a recorded trace reads like the live one', async () => {
  const { model, trace } = await traced();
  const recorded = readTrace(await writeTrace(trace, { hooks: trace.names }));
  expect(recorded.names).toEqual(trace.names);
  expect(recorded.tokens).toEqual(prompt);
  expect(recorded.labels).toEqual(trace.labels);
  expect(recorded.program).toEqual(trace.program);
  expect(recorded.info).toEqual(trace.info);
  for (const name of trace.names) {
    const live = await trace.read(name);
    const data = live.data.map((value) => (value === Math.fround(-1e30) ? -Infinity : value));
    expect(await recorded.read(name), name).toEqual({ ...live, data });
    expect(recorded.layout(name)).toEqual(trace.layout(name));
  }
  const slice = { batch: 1, head: 2, query: [1, 3] } as const;
  expect(await recorded.read('blocks.0.attn.hook_pattern', slice)).toEqual(
    await trace.read('blocks.0.attn.hook_pattern', slice),
  );
  recorded.dispose();
  await expect(recorded.read('hook_embed')).rejects.toMatchObject({ code: 'disposed' });
  trace.dispose();
  model.dispose();
});

test('a written file holds the design’s names, types and shapes', async () => {
  const { model, trace } = await traced();
  const file = parseSafetensors(
    await writeTrace(trace, { hooks: ['blocks.1.hook_resid_pre', 'unembed.hook_out'] }),
    'trace',
  );
  expect([...file.tensors.keys()].sort()).toEqual(['blocks.1.hook_resid_pre', 'tokens', 'unembed.hook_out']);
  expect(file.tensors.get('tokens')).toMatchObject({ dtype: 'I32', shape: [2, 3] });
  expect(file.tensors.get('blocks.1.hook_resid_pre')).toMatchObject({ dtype: 'F32', shape: [2, 3, 35] });
  expect(file.metadata).toMatchObject({ format: 'fluoroscope-trace/1', model: 'tiny', adapter: trace.info.adapter });
  expect(file.metadata.model_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(file.metadata.program!).steps.length).toBe(trace.program.steps.length);
  trace.dispose();
  model.dispose();
});

test('a pass for another output is written with its logits; one of some positions alone is refused with what to do', async () => {
  const { model, trace } = await traced();
  const output = 'blocks.0.hook_resid_post';
  const early = await model.run(prompt, { output, retain: [output] });
  const recorded = readTrace(await writeTrace(early, { hooks: [output, 'unembed.hook_out'] }));
  expect(recorded.program.output).toBe('unembed.hook_out');
  for (const name of [output, 'unembed.hook_out']) expect(await recorded.read(name)).toEqual(await trace.read(name));
  const narrowed = await model.run(prompt, { positions: [-1] });
  await expect(writeTrace(narrowed)).rejects.toMatchObject({
    code: 'trace-invalid',
    message:
      /^The trace cannot be written: .* is \[batch 2, pos 1, .* run the prompt without `positions`, and without a `rewrite` that changes shapes\.$/,
  });
  for (const one of [early, narrowed, trace]) one.dispose();
  model.dispose();
});

test('what a recording lacks is said by name', async () => {
  const { model, trace } = await traced();
  const recorded = readTrace(await writeTrace(trace, { hooks: ['hook_embed'] }));
  await expect(recorded.read('blocks.0.attn.hook_pattern')).rejects.toMatchObject({
    code: 'tensor-unknown',
    message: 'This recording holds no tensor named blocks.0.attn.hook_pattern. Near it: hook_embed.',
  });
  trace.dispose();
  model.dispose();
});

test('a file may come as an ArrayBuffer; what is no file is refused', async () => {
  const { model, trace } = await traced();
  const bytes = await writeTrace(trace, { hooks: ['hook_embed'] });
  expect(await readTrace(bytes.slice().buffer).read('hook_embed')).toEqual(await trace.read('hook_embed'));
  for (const none of [null, 'trace', {}, new ArrayBuffer(3)]) {
    expect(() => readTrace(none as never)).toThrow(expect.objectContaining({ code: 'safetensors-invalid' }));
  }
  trace.dispose();
  model.dispose();
});

test('files that are no trace, or lie about themselves, are refused', async () => {
  const { model, trace } = await traced();
  const good = parseSafetensors(await writeTrace(trace, { hooks: ['hook_embed'] }), 'trace');
  const { metadata } = good;
  const tokens = { name: 'tokens', dtype: 'I32' as const, shape: [2, 3], data: Int32Array.from(prompt.flat()) };
  const embed = { name: 'hook_embed', dtype: 'F32' as const, shape: [2, 3, 35], data: new Float32Array(210) };
  const program = JSON.parse(metadata.program!);
  const changed = (change: object) => ({ ...metadata, program: JSON.stringify({ ...program, ...change }) });
  const tensor = (change: object) =>
    changed({ tensors: { ...program.tensors, hook_embed: { ...program.tensors.hook_embed, ...change } } });
  const cases: [Parameters<typeof writeSafetensors>[0], Record<string, string>, string][] = [
    [[tokens], {}, 'its format is not given, expected fluoroscope-trace/1.'],
    [[tokens], { ...metadata, format: 'fluoroscope-trace/2' }, 'its format is fluoroscope-trace/2, expected'],
    [[tokens], { ...metadata, edits: '[' }, 'its edits is no JSON'],
    [[tokens], { ...metadata, edits: '[{"op":"zero"}]' }, 'its edits are no list of what was done where'],
    [[tokens], { ...metadata, program: '{' }, 'its program is no JSON'],
    [[tokens], { ...metadata, program: '{}' }, 'its program is broken: batch is no whole number above 0'],
    [[tokens], changed({ aliases: null }), 'aliases is no object'],
    [[tokens], changed({ tensors: { hook_embed: null } }), 'tensors.hook_embed is no object'],
    [[tokens], tensor({ axes: ['pos', 'pos', 'pos'] }), 'tensors.hook_embed has the axes ["pos","pos","pos"]'],
    [[tokens], tensor({ axes: ['batch'] }), 'has the axes ["batch"] for the shape [2,3,35]'],
    [[tokens], tensor({ shape: [2, 3, -35] }), 'tensors.hook_embed.shape is no whole number above 0'],
    [[tokens], tensor({ role: 'king' }), 'tensors.hook_embed.role is none of'],
    [[tokens], changed({ steps: [null, 3] }), 'step 0 is no object'],
    [[tokens], changed({ steps: [{ ...program.steps[0], kernel: 'constructor' }] }), 'no kernel is named constructor'],
    [[tokens], changed({ steps: program.steps.slice(1) }), 'reads hook_embed before any step has written it'],
    [[tokens], changed({ output: undefined }), 'output is no text'],
    [[{ ...tokens, data: Int32Array.of(1, 2, 3, 4, 5, -6) }], metadata, 'tokens holds an id outside 0 to 100'],
    [[tokens], { ...metadata, labels: '[[1,2,3],[4,5,6]]' }, 'its labels are not 2 lists of 3 texts'],
    [[embed], metadata, 'tokens is [], expected [batch 2, pos 3] as in its program'],
    [[{ ...tokens, shape: [3, 2] }], metadata, 'tokens is [3,2], expected [batch 2, pos 3]'],
    [[tokens], { ...metadata, labels: '[["a"]]' }, 'its labels are not 2 lists of 3 texts'],
    [[tokens, { ...embed, name: 'hook_other' }], metadata, 'it holds hook_other, which its program does not have'],
    [
      [tokens, { ...embed, shape: [2, 35, 3] }],
      metadata,
      'hook_embed is [2,35,3], expected [batch 2, pos 3, model 35]',
    ],
  ];
  for (const [tensors, given, sentence] of cases) {
    const bytes = writeSafetensors(tensors, given);
    expect(() => readTrace(bytes, 'a.safetensors')).toThrow(
      expect.objectContaining({ code: 'trace-invalid', message: expect.stringContaining(sentence) }),
    );
  }
  trace.dispose();
  model.dispose();
});
