import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordedTrace, readTrace } from '../../src/index';
import { type Ended, fluoroscope, temporaryFolder } from './fluoroscope';

interface Described {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, { format: string; shape: number[]; last: number; sha256: string }>>;
}

const folder = temporaryFolder();
const out = join(folder.path, 'trace.safetensors');
let run: Ended;
let trace: RecordedTrace;
let python: Described;

beforeAll(async () => {
  run = await fluoroscope(['trace', 'induction', '--tokens', '0,5,9,5;0,7,2,7', '--out', out, '--json']);
  expect(run).toMatchObject({ status: 0 });
  trace = readTrace(readFileSync(out));
  const { stdout, stderr, error } = spawnSync('python3', ['tests/node/read_trace.py', out], { encoding: 'utf8' });
  expect(error, 'this test reads the file with Python: install python3').toBeUndefined();
  expect(stderr).toBe('');
  python = JSON.parse(stdout);
});
afterAll(() => folder.remove());

test('Python finds every name, with a batch axis and the documented shapes', () => {
  const shapes = Object.fromEntries(Object.entries(python.tensors).map(([name, { shape }]) => [name, shape]));
  expect(Object.keys(shapes).sort()).toEqual([...trace.names, 'tokens'].sort());
  expect(shapes).toMatchObject({
    tokens: [2, 4],
    hook_embed: [2, 4, 64],
    'blocks.0.hook_resid_pre': [2, 4, 64],
    'blocks.1.hook_resid_pre': [2, 4, 64],
    'blocks.1.ln1.hook_scale': [2, 4, 1],
    'blocks.1.attn.hook_q': [2, 4, 4, 16],
    'blocks.1.attn.hook_attn_scores': [2, 4, 4, 4],
    'blocks.1.attn.hook_pattern': [2, 4, 4, 4],
    'ln_final.hook_normalized': [2, 4, 64],
    'unembed.hook_out': [2, 4, 65],
  });
  expect(Object.values(python.tensors).every(({ shape }) => shape[0] === 2)).toBe(true);
});

test("Python's bytes are what trace.read gives", async () => {
  for (const name of trace.names) {
    const { data } = await trace.read(name);
    expect(python.tensors[name], name).toMatchObject({ format: 'f', last: data.at(-1), sha256: sha256(data) });
  }
  expect(python.tensors.tokens).toMatchObject({ format: 'i', sha256: sha256(Int32Array.of(0, 5, 9, 5, 0, 7, 2, 7)) });
});

test('the metadata names the format, the model, the adapter and the program', () => {
  const { metadata } = python;
  const model = readFileSync('fixtures/induction/model.safetensors');
  expect(metadata).toMatchObject({
    format: 'fluoroscope-trace/1',
    model: 'induction',
    model_sha256: createHash('sha256').update(model).digest('hex'),
    adapter: expect.stringMatching(/swiftshader/i),
  });
  expect(JSON.parse(metadata.program!)).toMatchObject({ batch: 2, pos: 4, steps: expect.any(Array) });
  expect(JSON.parse(metadata.labels!)).toEqual(trace.labels);
  const { 'texts?': texts } = JSON.parse(metadata.answers!);
  const report = JSON.parse(run.stdout);
  for (const { token, text } of report.next[0]) expect(texts[token]).toBe(text);
});

test('the report agrees with the file', async () => {
  const report = JSON.parse(run.stdout);
  expect(report).toMatchObject({ command: 'trace', out, bytes: readFileSync(out).length, tokens: trace.tokens });
  expect(report.tensors.map(({ name }: { name: string }) => name)).toEqual(trace.names);
  const { data } = await trace.read('unembed.hook_out', { batch: 1, pos: -1 });
  const [best] = report.next[1];
  expect(best).toMatchObject({ logit: Math.max(...data), token: data.indexOf(Math.max(...data)) });
  expect(best.probability).toBeCloseTo(1 / data.reduce((sum, logit) => sum + Math.exp(logit - best.logit), 0), 10);
});

function sha256(values: Float32Array | Int32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
