/** Trace files that lie: whatever is changed in a real one, it is read or refused with one sentence, and never harms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FluoroscopeError } from '../../src/errors';
import { loadReferenceModel } from '../../src/load-reference-model';
import { describeEdit } from '../../src/program/edits';
import { printProgram, stepRows } from '../../src/program/print';
import { parseSafetensors } from '../../src/tensor/safetensors';
import { readTrace } from '../../src/trace/file';
import { writeTrace } from '../../src/trace/write';
import { tinyModel } from '../harness/tiny-model';

const real = await (async () => {
  const model = await loadReferenceModel(
    tinyModel({ n_layers: 1, d_model: 6, d_head: 3, n_heads: 2, d_mlp: 5, d_vocab: 9 }),
  );
  const edits = [
    { at: 'blocks.0.attn.hook_z', slice: { head: 1, pos: [0, 2] }, op: 'scale', by: 2 },
    { at: 'blocks.0.hook_mlp_out', op: 'set', value: { axes: ['model'], shape: [6], data: new Float32Array(6) } },
  ] as const;
  const trace = await model.run([[1, 2, 3]], { edits });
  const answers = new Map<string, unknown>([['lens?frozen=false', [{ at: 'x', kl: Number.NaN }]]]);
  return writeTrace(trace, { hooks: trace.names, answers });
})();

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const header = (() => {
  const length = Number(new DataView(real.buffer).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(real.subarray(8, 8 + length))) as Record<string, Json>;
})();
const data = real.subarray(8 + Number(new DataView(real.buffer).getBigUint64(0, true)));
const metadata = header.__metadata__ as Record<string, string>;

/** A file of this header, as it is written. */
function fileOf(text: string, body: Uint8Array = data): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

/** The same file with other metadata. */
const withMetadata = (change: Record<string, string>) =>
  fileOf(JSON.stringify({ ...header, __metadata__: { ...metadata, ...change } }));

/** The real file's field of the metadata, changed. */
function withField(field: 'program' | 'labels' | 'edits', change: (json: never) => unknown): Uint8Array {
  const json = JSON.parse(metadata[field]!) as never;
  return withMetadata({ [field]: JSON.stringify(change(json) ?? json) });
}

/** The real file with other tokens. */
function withTokens(tokens: Int32Array | Float32Array | BigInt64Array, dtype = 'I32'): Uint8Array {
  const [begin, end] = (header.tokens as { data_offsets: [number, number] }).data_offsets;
  const bytes = new Uint8Array(tokens.buffer as ArrayBuffer);
  const longer = bytes.length - (end - begin);
  const moved = Object.entries(header).map(([name, entry]) => {
    const { data_offsets: at } = entry as { data_offsets?: [number, number] };
    const after = (place: number) => (place > begin ? place + longer : place);
    return [
      name,
      at ? { ...(entry as object), ...(name === 'tokens' && { dtype }), data_offsets: at.map(after) } : entry,
    ];
  });
  const body = new Uint8Array(data.length + longer);
  body.set(data.subarray(0, begin));
  body.set(bytes, begin);
  body.set(data.subarray(end), begin + bytes.length);
  return fileOf(JSON.stringify(Object.fromEntries(moved)), body);
}

/** Reads it and does with it what a page does; only our own errors may come of that. */
async function use(bytes: Uint8Array): Promise<'read' | 'refused'> {
  const ours = async (act: () => unknown) => {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof FluoroscopeError)) throw error;
      expect(error.message.length).toBeLessThan(1000);
      expect(error.message).not.toContain('\n');
      return false;
    }
  };
  let trace: ReturnType<typeof readTrace> | undefined;
  await ours(() => (trace = readTrace(bytes, 'hostile')));
  if (!trace) return 'refused';
  const { program, labels, tokens, edits, names } = trace;
  expect(labels.flat().every((label) => typeof label === 'string')).toBe(true);
  expect(tokens.flat().every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true);
  expect([labels.length, tokens.length]).toEqual([program.batch, program.batch]);
  for (const edit of edits) expect(describeEdit(edit)).toBeTypeOf('string');
  expect(stepRows(program).length).toBe(program.steps.length);
  expect(printProgram(program)).toBeTypeOf('string');
  for (const name of names) {
    await ours(async () => {
      const { axes, shape } = trace!.layout(name);
      const whole = await trace!.read(name);
      expect(whole.data.length).toBe(shape.reduce((a, b) => a * b, 1));
      const last = await trace!.read(name, Object.fromEntries(axes.map((axis) => [axis, -1])));
      expect(Object.is(last.data[0], whole.data.at(-1))).toBe(true);
    });
  }
  return 'read';
}

const refusal = (bytes: Uint8Array): string => {
  try {
    readTrace(bytes, 'a');
  } catch (error) {
    expect(error).toBeInstanceOf(FluoroscopeError);
    return (error as Error).message;
  }
  return expect.unreachable();
};

test('the real file itself is read', async () => {
  expect(await use(real)).toBe('read');
  expect(await use(withField('program', () => undefined))).toBe('read');
});

describe('each of these lies is told by its sentence', () => {
  type Program = Record<string, Record<string, Record<string, Json>>> & { steps: Record<string, Json>[] };
  const deep = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);
  const cases: [string, () => Uint8Array, RegExp][] = [
    [
      'a size of 1e15',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.shape = [1, 1e15, 6])),
      /its program is broken: hook_embed: port out of embed needs 3×6 = 18 elements, got 6000000000000000 from/,
    ],
    [
      'a batch of 1e15',
      () => withField('program', (p: object) => ({ ...p, batch: 1e15 })),
      /tokens is \[1,3\], expected \[batch 1000000000000000, pos 3\]/,
    ],
    [
      'a negative size',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.shape = [1, -3, 6])),
      /hook_embed\.shape is no whole number above 0/,
    ],
    [
      'a size that is no number',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.shape = ['NaN', 3, 6])),
      /hook_embed\.shape is no whole number above 0/,
    ],
    [
      'a huge uniform',
      () => withField('program', (p: Program) => void ((p.steps[0]!.uniforms as Record<string, Json>).rows = 1e300)),
      /port ids of embed needs 1e\+300 = 1e\+300 elements, got 3/,
    ],
    [
      'a uniform that is text',
      () => withField('program', (p: Program) => void ((p.steps[0]!.uniforms as Record<string, Json>).extra = 'x')),
      /step 0\.uniforms\.extra is no number/,
    ],
    [
      'a step of an absent tensor',
      () => withField('program', (p: Program) => void (p.steps[0]!.inputs = { table: 'gone', ids: 'tokens' })),
      /port table of embed names the tensor gone, which the program does not have/,
    ],
    [
      'a step that reads ahead',
      () => withField('program', (p: Program) => ({ ...p, steps: [...p.steps].reverse() })),
      /reads .* before any step has written it/,
    ],
    [
      'a shader that is no name',
      () => withField('program', (p: Program) => void (p.steps[0]!.variant = [1])),
      /step 0\.variant is no text/,
    ],
    [
      'a part that is none',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.part = { of: 'x', from: -1, to: 2 })),
      /hook_embed\.part\.from is no whole number from 0 on/,
    ],
    [
      'an order of other axes',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.stored = ['batch', 'pos', 'vocab'])),
      /hook_embed\.stored is \["batch","pos","vocab"\], expected an order of \["batch","pos","model"\]/,
    ],
    [
      'a thousand axes',
      () => withField('program', (p: Program) => void (p.tensors!.hook_embed!.axes = Array(1000).fill('pos'))),
      /hook_embed\.axes has 1000 items, expected at most 10/,
    ],
    [
      'a million steps',
      () => withMetadata({ program: metadata.program!.replace('"steps":[', `"steps":[${'0,'.repeat(1e6)}`) }),
      /steps has 10000\d\d items, expected at most 65536/,
    ],
    [
      'a program given twice',
      () => fileOf(JSON.stringify(header).replace('"program":', '"program":"","program":')),
      /the key "program" is given twice in "__metadata__"/,
    ],
    [
      'a tensor given twice in the program',
      () => withMetadata({ program: metadata.program!.replace('"tensors":{', '"tensors":{"hook_embed":0,') }),
      /its program is no JSON: the key "hook_embed" is given twice in "tensors"/,
    ],
    [
      'a prototype',
      () => withMetadata({ program: metadata.program!.replace('"tensors":{', '"tensors":{"__proto__":{},') }),
      /tensors has an entry named __proto__/,
    ],
    [
      'deep JSON for a program',
      () => withMetadata({ program: deep(1_000_000) }),
      /its program is no JSON: lists and objects are more than 1000 deep\.$/,
    ],
    [
      'deeper JSON than is read',
      () => withMetadata({ program: deep(9_000_000) }),
      /its program has 18000000 characters, expected at most 16777216/,
    ],
    [
      'as deep JSON as is read',
      () => withMetadata({ program: metadata.program!.replace('"axes":["batch","pos"', `"axes":[${deep(900)},"pos"`) }),
      /has the axes \[\[\[.*….*expected one known axis each/,
    ],
    ['deep JSON for labels', () => withMetadata({ labels: deep(100_000) }), /its labels is no JSON: lists and objects/],
    ['lists for labels', () => withMetadata({ labels: deep(900) }), /its labels are not 1 lists of 3 texts/],
    [
      'deep JSON for an edit',
      () => withMetadata({ edits: `[${deep(100_000, '{"at":', '}').replace(':}', ':1}')}]` }),
      /its edits is no JSON: lists and objects are more than 1000 deep/,
    ],
    [
      'deep JSON for a tensor',
      () => fileOf(JSON.stringify(header).replace('"hook_embed":{', `"x":${deep(100_000)},"hook_embed":{`)),
      /the header cannot be parsed: lists and objects are more than 1000 deep/,
    ],
    [
      'a header of 90 MB of brackets',
      () => fileOf(`{"x":${deep(45_000_000)}}`),
      /the header cannot be parsed: lists and objects are more than 1000 deep/,
    ],
    ['brackets that never close', () => fileOf(`{"x":${'['.repeat(500)}`), /the header cannot be parsed: /],
    ['a text that never ends', () => fileOf('{"x'), /the header cannot be parsed: /],
    [
      'labels that are no texts',
      () => withField('labels', () => [[1, null, {}]]),
      /its labels are not 1 lists of 3 texts/,
    ],
    ['a label too few', () => withField('labels', () => [['a', 'b']]), /its labels are not 1 lists of 3 texts/],
    [
      'an edit of a slice that is none',
      () => withField('edits', () => [{ at: 'hook_embed', op: 'zero', slice: { pos: null } }]),
      /its edits are no list/,
    ],
    [
      'an edit that does nothing known',
      () => withField('edits', () => [{ at: 'hook_embed', op: 'explode' }]),
      /its edits are no list/,
    ],
    [
      'tokens of a third axis',
      () => fileOf(JSON.stringify({ ...header, tokens: { ...(header.tokens as object), shape: [1, 3, 1] } })),
      /tokens is \[1,3,1\], expected \[batch 1, pos 3\]/,
    ],
    [
      'a token that the vocabulary lacks',
      () => withTokens(Int32Array.of(1, 9, 3)),
      /: tokens holds an id outside 0 to 8\.$/,
    ],
    ['a negative token', () => withTokens(Int32Array.of(1, -2, 3)), /: tokens holds an id outside 0 to 8\.$/],
    [
      'tokens that are fractions',
      () => withTokens(Float32Array.of(1, 1.5, 2), 'F32'),
      /tensor "tokens" \(F32 \[1,3\]\) is read as whole numbers/,
    ],
    [
      'tokens larger than any id',
      () => withTokens(BigInt64Array.of(1n, 2n ** 40n, 2n), 'I64'),
      /"tokens" \(I64 \[1,3\]\) holds 1099511627776 at element 1, which i32 cannot hold/,
    ],
    [
      'tokens that nothing looks up',
      () => withField('program', (p: Program) => void (p.steps[0]!.inputs = { table: 'embed.W_E', ids: 'other' })),
      /port ids of embed names the tensor other/,
    ],
    [
      'more positions than any pass has',
      () => withField('program', (p: object) => ({ ...p, pos: 40_000 })),
      /its program is broken: pos is 40000, expected at most 32768\.$/,
    ],
    [
      'sizes that JSON makes infinite',
      () => withMetadata({ program: metadata.program!.replace('"pos":3', '"pos":1e999') }),
      /pos is no whole number above 0/,
    ],
    [
      'a header of a gigabyte',
      () => {
        const bytes = real.slice();
        new DataView(bytes.buffer).setBigUint64(0, 2n ** 30n, true);
        return bytes;
      },
      /the header's length is 1073741824 bytes, expected at most 100000000/,
    ],
    [
      'a header longer than the file',
      () => {
        const bytes = real.slice();
        new DataView(bytes.buffer).setBigUint64(0, 99_000_000n, true);
        return bytes;
      },
      /the header's length is 99000000 bytes, but the file ends after \d+ of them/,
    ],
    [
      'tensors that overlap',
      () =>
        fileOf(JSON.stringify({ ...header, hook_embed: { ...(header.hook_embed as object), data_offsets: [4, 76] } })),
      /expected 0|overlap/,
    ],
    [
      'halves for activations, without their bytes',
      () => fileOf(JSON.stringify({ ...header, hook_embed: { ...(header.hook_embed as object), dtype: 'F16' } })),
      /tensor "hook_embed" \(F16 \[1,3,6\]\) has 36 bytes, but its data_offsets \[\d+,\d+\] give it 72/,
    ],
    [
      'whole numbers for activations',
      () =>
        fileOf(
          JSON.stringify({
            ...header,
            hook_embed: { ...(header.hook_embed as object), dtype: 'I64', shape: [1, 3, 3] },
          }),
        ),
      /hook_embed is I64, expected F32/,
    ],
    [
      'an axis of no length',
      () =>
        fileOf(
          JSON.stringify({
            ...header,
            'blocks.0.attn.hook_q': { dtype: 'F32', shape: [1, 3, 0, 3], data_offsets: [0, 0] },
          }),
        ),
      /the bytes between belong to no tensor|overlap/,
    ],
    [
      'a tensor named after what every object has',
      () => fileOf(JSON.stringify(header).replace('"hook_embed":', '"constructor":')),
      /it holds constructor, which its program does not have/,
    ],
    [
      'metadata that would write to a prototype',
      () => fileOf(JSON.stringify(header).replace('"format":', '"__proto__":"","format":')),
      /metadata entry is named "__proto__", which is not allowed/,
    ],
    ['answers in a list', () => withMetadata({ answers: '[]' }), /its answers cannot be read: they are no object/],
    [
      'answers in lists in lists',
      () => withMetadata({ answers: `{"a":${deep(5000)}}` }),
      /its answers is no JSON: lists and objects are more than 1000 deep/,
    ],
    [
      'answers deeper than they are read',
      () => withMetadata({ answers: `{"a":${deep(66)}}` }),
      /its answers cannot be read: one is more than 64 lists and objects deep/,
    ],
    [
      'too many answers',
      () =>
        withMetadata({ answers: JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [i, 0]))) }),
      /its answers cannot be read: there are 5000, expected at most 4096/,
    ],
    [
      'truth values for activations',
      () => fileOf(JSON.stringify({ ...header, hook_embed: { ...(header.hook_embed as object), dtype: 'U32' } })),
      /hook_embed is U32, expected F32/,
    ],
    [
      'fewer bytes than told',
      () => real.subarray(0, real.length - 4),
      /but the file's data has \d+ bytes; fetch it again/,
    ],
    [
      'a name that fills the screen',
      () => withField('program', (p: Program) => void (p.steps[0]!.kernel = 'x'.repeat(1e6))),
      /no kernel is named x+…$/,
    ],
  ];

  test.each(cases)('%s', async (_, make, sentence) => {
    const bytes = make();
    const start = performance.now();
    const message = refusal(bytes);
    expect(message).toMatch(sentence);
    expect(message.length).toBeLessThan(600);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  /** The same layout in the header and in the program: the file agrees with itself. */
  function lying(layouts: Record<string, [axes: string, shape: number[]]>, change: Record<string, Json> = {}) {
    const copy = structuredClone(header) as Record<string, Record<string, Json>>;
    const program = { ...(JSON.parse(metadata.program!) as Program), ...change };
    for (const [name, [axes, shape]] of Object.entries(layouts)) {
      if (copy[name]) copy[name]!.shape = shape;
      Object.assign((program.tensors as Record<string, object>)[name]!, { axes: axes.split(' '), shape });
    }
    copy.__metadata__!.program = JSON.stringify(program);
    return fileOf(JSON.stringify(copy));
  }
  const PATTERN = 'blocks.0.attn.hook_pattern';
  const alias = (change: Record<string, string>) => ({
    aliases: { ...(JSON.parse(metadata.program!) as Program).aliases, ...change },
  });

  test.each<[string, () => Uint8Array, string]>([
    [
      'queries for heads',
      () => lying({ [PATTERN]: ['batch head query key', [1, 3, 2, 3]] }),
      `${PATTERN} is [batch 1, head 3, query 2, key 3], expected [batch 1, head 2, query 3, key 3].`,
    ],
    [
      'heads in another place',
      () => lying({ [PATTERN]: ['batch query head key', [1, 3, 2, 3]] }),
      `${PATTERN} is [batch 1, query 3, head 2, key 3], expected [batch 1, head 2, query 3, key 3].`,
    ],
    [
      'no keys',
      () => lying({ [PATTERN]: ['batch head query', [1, 2, 9]] }),
      `${PATTERN} is [batch 1, head 2, query 9], expected [batch 1, head 2, query 3, key 3].`,
    ],
    [
      'positions for heads in what an edit has replaced',
      () => lying({ 'blocks.0.attn.hook_z:before': ['batch pos head dim', [1, 3, 3, 2]] }),
      'blocks.0.attn.hook_z:before is [batch 1, pos 3, head 3, dim 2], expected [batch 1, pos 3, head 2, dim 3].',
    ],
    [
      'vectors for scales',
      () => lying({ 'ln_final.hook_scale': ['batch pos model', [1, 1, 3]] }),
      'ln_final.hook_scale is [batch 1, pos 1, model 3], expected [batch 1, pos 3, one 1].',
    ],
    [
      'a scale for all positions',
      () => lying({ 'blocks.0.ln1.hook_scale': ['batch pos one', [1, 1, 3]] }),
      'blocks.0.ln1.hook_scale is [batch 1, pos 1, one 3], expected [batch 1, pos 3, one 1].',
    ],
    [
      'positions for components of what is normalized',
      () => lying({ 'ln_final.hook_normalized': ['batch pos model', [1, 6, 3]] }),
      'ln_final.hook_normalized is [batch 1, pos 6, model 3], expected [batch 1, pos 3, model 6].',
    ],
    [
      'neurons in what a layernorm writes',
      () => lying({ 'blocks.0.ln2.hook_out': ['batch pos neuron', [1, 3, 6]] }),
      'blocks.0.ln2.hook_out is [batch 1, pos 3, neuron 6], expected [batch 1, pos 3, model 6].',
    ],
    [
      'tokens for positions in the logits',
      () => lying({ 'unembed.hook_out': ['batch pos vocab', [1, 101, 3]] }),
      'unembed.hook_out is [batch 1, pos 101, vocab 3], expected [batch 1, pos 3, vocab 3].',
    ],
    [
      'neurons for positions',
      () => lying({ 'blocks.0.mlp.hook_post': ['batch pos neuron', [1, 5, 3]] }),
      'blocks.0.mlp.hook_post is [batch 1, pos 5, neuron 3], expected [batch 1, pos 3, neuron 5].',
    ],
    [
      'a name that stands for another kind of tensor',
      () => lying({}, alias({ 'blocks.1.attn.hook_pattern': 'hook_embed' })),
      'blocks.1.attn.hook_pattern is [batch 1, pos 3, model 6], expected [batch 1, head any, query 3, key 3].',
    ],
    [
      'the embedding for the output',
      () => lying({}, { output: 'hook_embed' }),
      'hook_embed is [batch 1, pos 3, model 6], expected [batch 1, pos 3, vocab any].',
    ],
  ])('a file that agrees with itself: %s', (_, make, sentence) => {
    expect(refusal(make())).toBe(`a is no trace that can be read: ${sentence}`);
  });

  test('NaN, which JSON has no word for, is no JSON', () => {
    expect(refusal(withMetadata({ program: metadata.program!.replace('"batch":1', '"batch":NaN') }))).toMatch(
      /its program is no JSON/,
    );
  });

  test('many aliases and tensors take no time that grows with their product', () => {
    const withMany = (count: number) =>
      withField('program', (p: Record<string, Json>) => {
        const many = (of: (i: number) => [string, Json]) =>
          Object.fromEntries(Array.from({ length: count }, (_, i) => of(i)));
        const input = { axes: ['batch'], shape: [1], role: 'input', type: 'f32' };
        return {
          ...p,
          tensors: { ...(p.tensors as object), ...many((i) => [`hook_${i}`, input]) },
          aliases: { ...(p.aliases as object), ...many((i) => [`hook_alias_${i}`, 'hook_embed']) },
        };
      });
    /** Of this process alone: on a busy machine the clock says nothing. */
    const cpu = (bytes: Uint8Array) => {
      const start = process.cpuUsage();
      expect(readTrace(bytes, 'a').names).toContain('hook_embed');
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const [few, many] = [cpu(withMany(15_000)), cpu(withMany(60_000))];
    expect(many / few).toBeLessThan(8); // 4 where it grows with their number, 16 with the product.
  });
});

const hostile = fc.oneof(
  fc.constantFrom<Json>(1e15, -1, 0, 1.5, 1e300, -0, null, true, '', '__proto__', 'constructor', [], {}, [[[]]]),
  fc.constantFrom<Json>('hook_embed', 'tokens', 'unembed.hook_out', 'embed.W_E', 'batch', 'x'.repeat(10_000)),
  fc.integer(),
  fc.string(),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

/** Where in a JSON value something is changed: a path of steps, each taken modulo what there is. */
const place = fc.array(fc.nat(1000), { minLength: 1, maxLength: 7 });
const change = fc.record({ place, to: hostile, how: fc.constantFrom('replace', 'remove', 'add', 'swap') });

function changed(json: Json, { place, to, how }: { place: number[]; to: Json; how: string }): Json {
  const copy = structuredClone(json);
  let at: Json = copy;
  for (const [depth, step] of place.entries()) {
    if (typeof at !== 'object' || at === null) break;
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    const key = keys[step % keys.length]!;
    const parent = at as Record<string, Json>;
    const next = parent[key]!;
    const inner = typeof next === 'object' && next !== null && Object.keys(next).length > 0;
    if (inner && depth + 1 < place.length) {
      at = next;
      continue;
    }
    if (how === 'replace') parent[key] = to;
    else if (how === 'remove') Array.isArray(at) ? at.splice(step % keys.length, 1) : delete parent[key];
    else if (how === 'add')
      Array.isArray(at)
        ? at.push(to)
        : Object.defineProperty(at, String(to).slice(0, 50), { value: to, enumerable: true, configurable: true });
    else {
      const other = keys[(step * 7 + 3) % keys.length]!;
      [parent[key], parent[other]] = [parent[other]!, next];
    }
    break;
  }
  return copy;
}

/** The same cases each time; what fails is told with this seed, and the path to the smallest case. */
const tried = { numRuns: 400, seed: 20261130, interruptAfterTimeLimit: 60_000 };

describe('whatever is changed, only our own errors come of it', () => {
  test('bytes', async () => {
    const outcomes = new Set<string>();
    const edit = fc.record({ at: fc.nat(real.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        const bytes = real.slice();
        for (const { at, byte } of edits) bytes[at] = byte;
        outcomes.add(await use(bytes));
      }),
      tried,
    );
    expect([...outcomes].sort()).toEqual(['read', 'refused']);
  });

  test('length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(real.length - 1), fc.uint8Array({ maxLength: 64 }), async (length, more) => {
        fc.pre(length + more.length !== real.length);
        const bytes = new Uint8Array(length + more.length);
        bytes.set(real.subarray(0, length));
        bytes.set(more, length);
        expect(await use(bytes)).toBe('refused');
      }),
      tried,
    );
  });

  test('the header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        await use(fileOf(JSON.stringify(changes.reduce<Json>(changed, header))));
      }),
      tried,
    );
  });

  test.each(['program', 'labels', 'edits', 'answers'])('its %s', async (field) => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const json = changes.reduce<Json>(changed, JSON.parse(metadata[field]!));
        outcomes.add(await use(withMetadata({ [field]: JSON.stringify(json) })));
      }),
      tried,
    );
    expect(outcomes).toContain('read');
  });
});

test('a file that was read says of itself what the parser of its format says', () => {
  const file = parseSafetensors(real, 'real');
  expect([...file.tensors.keys()].sort()).toEqual([...readTrace(real).names, 'tokens'].sort());
});
