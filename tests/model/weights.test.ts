import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/model/config';
import { readWeights, streamWeights, type WeightSpec, weightSpecs } from '../../src/model/weights';
import { writeSafetensors } from '../../src/tensor/safetensors-write';
import { directory, refusal } from './directory';

interface Stored {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
type Tensors = Readonly<Record<string, Stored>>;

/** Distinct numbers, so that a value in the wrong place shows. All are exact in F16 and BF16 (8 bits of fraction). */
function numbers(shape: readonly number[], first: number): Stored {
  const length = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => ((first + i) % 128) / 64) };
}

function tensorsOf(shapes: Readonly<Record<string, readonly number[]>>): Tensors {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, numbers(shape, 17 * i)]));
}

function f32(tensors: Tensors): Uint8Array<ArrayBuffer> {
  return writeSafetensors(Object.entries(tensors).map(([name, stored]) => ({ name, dtype: 'F32', ...stored })));
}

/** As `f32`, in a type of 16 bits per element that `writeSafetensors` has no need to write. */
function halves(tensors: Tensors, dtype: string, bits: (value: number) => number): Uint8Array<ArrayBuffer> {
  const entries: string[] = [];
  const data: number[] = [];
  for (const [name, stored] of Object.entries(tensors)) {
    const begin = 2 * data.length;
    data.push(...Array.from(stored.data, bits));
    const entry = { dtype, shape: stored.shape, data_offsets: [begin, 2 * data.length] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return Uint8Array.of(...length, ...header, ...new Uint8Array(Uint16Array.from(data).buffer));
}

/** Of 0 and positive normal numbers with few enough bits. */
function f16(value: number): number {
  const exponent = value === 0 ? -15 : Math.floor(Math.log2(value));
  return value === 0 ? 0 : ((exponent + 15) << 10) | ((value / 2 ** exponent - 1) * 1024);
}

function bf16(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
}

/** model 4, head 2, dim 2, neuron 3, vocab 5, pos 6 */
const gpt2Config = { model_type: 'gpt2', n_layer: 2, n_embd: 4, n_head: 2, n_inner: 3, n_positions: 6, vocab_size: 5 };

const gpt2Tensors = tensorsOf({
  'wte.weight': [5, 4],
  'wpe.weight': [6, 4],
  ...Object.fromEntries(
    [0, 1].flatMap((layer) => [
      [`h.${layer}.ln_1.weight`, [4]],
      [`h.${layer}.ln_1.bias`, [4]],
      [`h.${layer}.attn.c_attn.weight`, [4, 12]],
      [`h.${layer}.attn.c_attn.bias`, [12]],
      [`h.${layer}.attn.c_proj.weight`, [4, 4]],
      [`h.${layer}.attn.c_proj.bias`, [4]],
      [`h.${layer}.ln_2.weight`, [4]],
      [`h.${layer}.ln_2.bias`, [4]],
      [`h.${layer}.mlp.c_fc.weight`, [4, 3]],
      [`h.${layer}.mlp.c_fc.bias`, [3]],
      [`h.${layer}.mlp.c_proj.weight`, [3, 4]],
      [`h.${layer}.mlp.c_proj.bias`, [4]],
    ]),
  ),
  'ln_f.weight': [4],
  'ln_f.bias': [4],
});

const lensConfig = {
  n_layers: 2,
  d_model: 4,
  n_heads: 3,
  d_head: 2,
  d_mlp: 5,
  n_ctx: 6,
  d_vocab: 7,
  d_vocab_out: 8,
  act_fn: 'relu',
};
const lensSpecs = weightSpecs(parseConfig(lensConfig, 'tiny').config);
const lensTensors = tensorsOf(Object.fromEntries([...lensSpecs].map(([name, { shape }]) => [name, shape])));

function without(tensors: Tensors, ...names: string[]): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));
}

function prefixed(tensors: Tensors, prefix = 'transformer.'): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [prefix + name, stored]));
}

function read(config: unknown, contents: Readonly<Record<string, unknown>>) {
  return readWeights(parseConfig(config, 'tiny/config.json'), directory(contents));
}

const readOne = (config: unknown, tensors: Tensors) => read(config, { 'model.safetensors': f32(tensors) });

/** What is wrong, without what each such message begins with. */
async function mismatch(config: unknown, contents: Readonly<Record<string, unknown>>): Promise<string> {
  const message = await refusal(read(config, contents));
  return message.replace('weights-mismatch: tiny: the weights do not fit config.json: ', '');
}

const mismatchOne = (config: unknown, tensors: Tensors) => mismatch(config, { 'model.safetensors': f32(tensors) });

describe('weightSpecs', () => {
  test("names and shapes are TransformerLens's", () => {
    const text = ([name, { axes, shape, stored, bias }]: [string, WeightSpec]) =>
      `${name} ${axes.map((axis, i) => `${axis} ${shape[i]}`).join(', ')}${stored ? ` as ${stored.join(', ')}` : ''}${bias ? ' bias' : ''}`;
    const specs = weightSpecs({ ...parseConfig(lensConfig, 'tiny').config, n_layers: 1 });
    expect([...specs].map(text)).toEqual([
      'embed.W_E vocab 7, model 4',
      'pos_embed.W_pos pos 6, model 4',
      'blocks.0.ln1.w model 4',
      'blocks.0.ln1.b model 4 bias',
      'blocks.0.attn.W_Q head 3, model 4, dim 2 as model, head, dim',
      'blocks.0.attn.b_Q head 3, dim 2 bias',
      'blocks.0.attn.W_K head 3, model 4, dim 2 as model, head, dim',
      'blocks.0.attn.b_K head 3, dim 2 bias',
      'blocks.0.attn.W_V head 3, model 4, dim 2 as model, head, dim',
      'blocks.0.attn.b_V head 3, dim 2 bias',
      'blocks.0.attn.W_O head 3, dim 2, model 4',
      'blocks.0.attn.b_O model 4 bias',
      'blocks.0.ln2.w model 4',
      'blocks.0.ln2.b model 4 bias',
      'blocks.0.mlp.W_in model 4, neuron 5',
      'blocks.0.mlp.b_in neuron 5 bias',
      'blocks.0.mlp.W_out neuron 5, model 4',
      'blocks.0.mlp.b_out model 4 bias',
      'ln_final.w model 4',
      'ln_final.b model 4 bias',
      'unembed.W_U model 4, vocab 8 as vocab, model',
      'unembed.b_U vocab 8 bias',
    ]);
  });

  test.each([
    [{ normalization_type: 'LNPre' }, /ln/],
    [{ normalization_type: null }, /ln/],
    [{ attn_only: true }, /mlp|ln2/],
  ] as const)('with %o there is no %s', (change, absent) => {
    const names = [...weightSpecs(parseConfig({ ...lensConfig, ...change }, 'tiny').config).keys()];
    expect(names).toEqual([...lensSpecs.keys()].filter((name) => !absent.test(name)));
  });
});

describe("Hugging Face's GPT-2", () => {
  test('takes q, k and v apart, and keeps the rest as it lies', async () => {
    const { weights, tied, sha256 } = await readOne(gpt2Config, gpt2Tensors);
    const file = f32(gpt2Tensors);
    const specs = weightSpecs(parseConfig(gpt2Config, 'tiny').config);
    expect([...weights.keys()]).toEqual([...specs.keys()].filter((name) => name !== 'unembed.W_U'));
    expect(tied).toBe(true);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', file));
    expect(sha256).toBe(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));

    const { data: all } = gpt2Tensors['h.1.attn.c_attn.weight']!;
    const { data: bias } = gpt2Tensors['h.1.attn.c_attn.bias']!;
    for (const [i, letter] of ['Q', 'K', 'V'].entries()) {
      // Element [model, head, dim] is column i·d_model + head·d_head + dim of row `model`.
      const expected = [0, 1, 2, 3].flatMap((model) => [0, 1, 2, 3].map((column) => all[model * 12 + 4 * i + column]!));
      expect(weights.get(`blocks.1.attn.W_${letter}`)).toEqual(Float32Array.from(expected));
      expect(weights.get(`blocks.1.attn.b_${letter}`)).toEqual(bias.slice(4 * i, 4 * i + 4));
    }
    const same = {
      'embed.W_E': 'wte.weight',
      'pos_embed.W_pos': 'wpe.weight',
      'blocks.1.ln1.w': 'h.1.ln_1.weight',
      'blocks.1.ln1.b': 'h.1.ln_1.bias',
      'blocks.1.attn.W_O': 'h.1.attn.c_proj.weight',
      'blocks.1.attn.b_O': 'h.1.attn.c_proj.bias',
      'blocks.1.ln2.w': 'h.1.ln_2.weight',
      'blocks.1.ln2.b': 'h.1.ln_2.bias',
      'blocks.1.mlp.W_in': 'h.1.mlp.c_fc.weight',
      'blocks.1.mlp.b_in': 'h.1.mlp.c_fc.bias',
      'blocks.1.mlp.W_out': 'h.1.mlp.c_proj.weight',
      'blocks.1.mlp.b_out': 'h.1.mlp.c_proj.bias',
      'ln_final.w': 'ln_f.weight',
      'ln_final.b': 'ln_f.bias',
    };
    for (const [ours, theirs] of Object.entries(same)) expect(weights.get(ours)).toEqual(gpt2Tensors[theirs]!.data);
    expect(weights.get('unembed.b_U')).toEqual(new Float32Array(5));
  });

  test('is the same with a prefix, in F16, in BF16, in shards, with the masks of old versions', async () => {
    const { weights } = await readOne(gpt2Config, gpt2Tensors);
    const mask = numbers([1, 1, 6, 6], 0);
    const masks = { 'h.0.attn.bias': mask, 'h.1.attn.bias': mask, 'h.0.attn.masked_bias': numbers([], 0) };
    const files = {
      prefix: f32(prefixed(gpt2Tensors)),
      masks: f32({ ...gpt2Tensors, ...masks }),
      'masks with a prefix': f32(prefixed({ ...gpt2Tensors, ...masks })),
      'a second copy of the tied head': f32({ ...gpt2Tensors, 'lm_head.weight': gpt2Tensors['wte.weight']! }),
      F16: halves(gpt2Tensors, 'F16', f16),
      BF16: halves(gpt2Tensors, 'BF16', bf16),
    };
    for (const [name, file] of Object.entries(files)) {
      const other = await read(gpt2Config, { 'model.safetensors': file });
      expect(other.weights, name).toEqual(weights);
      expect(other.tied, name).toBe(true);
    }
  });

  const head = numbers([5, 4], 99);

  test('with a head of its own is not tied', async () => {
    for (const config of [gpt2Config, { ...gpt2Config, tie_word_embeddings: false }]) {
      const { weights, tied } = await readOne(config, { ...prefixed(gpt2Tensors), 'lm_head.weight': head });
      expect(tied).toBe(false);
      expect(weights.get('unembed.W_U')).toEqual(head.data);
      expect(weights.get('embed.W_E')).toEqual(gpt2Tensors['wte.weight']!.data);
    }
  });

  const masks = { 'h.0.attn.bias': numbers([1, 1, 6, 6], 0), 'h.1.attn.masked_bias': numbers([], 0) };
  test.each([
    ['model.', 'lm_head.'],
    ['gpt2.', 'gpt2.lm_head.'],
    ['module.transformer.', 'module.lm_head.'],
    ['module.transformer.', 'lm_head.'],
    ['base_model.model.transformer.', 'base_model.model.lm_head.'],
    ['a+b.', 'a+b.lm_head.'],
  ])('any prefix: %s, with the head at %s', async (prefix, headPrefix) => {
    const tensors = prefixed({ ...gpt2Tensors, ...masks }, prefix);
    const tied = await readOne(gpt2Config, tensors);
    expect(tied).toMatchObject({ tied: true, weights: (await readOne(gpt2Config, gpt2Tensors)).weights });
    const twice = { ...tensors, [`${headPrefix}weight`]: gpt2Tensors['wte.weight']! };
    expect(await readOne(gpt2Config, twice)).toMatchObject({ tied: true, weights: tied.weights });
    const own = await readOne(gpt2Config, { ...tensors, [`${headPrefix}weight`]: head });
    expect(own.tied).toBe(false);
    expect(own.weights.get('unembed.W_U')).toEqual(head.data);
  });

  test('with a prefix, what does not fit is named in full', async () => {
    const config = { ...gpt2Config, tie_word_embeddings: false };
    const tensors = prefixed(without(gpt2Tensors, 'wte.weight'), 'module.transformer.');
    expect(await mismatchOne(config, { ...tensors, 'h.0.attn.bias': numbers([6], 0) })).toBe(
      'module.transformer.wte.weight [5,4] is missing; module.lm_head.weight [5,4] is missing; ' +
        'h.0.attn.bias [6] is not part of the model that config.json describes',
    );
    expect(await mismatchOne(gpt2Config, { ...gpt2Tensors, 'ema.wte.weight': head })).toBe(
      'ema.wte.weight [5,4] is not part of the model that config.json describes',
    );
  });

  test('a huge name is not printed whole', async () => {
    const sentence = await mismatchOne(gpt2Config, { ...gpt2Tensors, ['x'.repeat(1e6)]: head });
    expect(sentence).toBe(`${'x'.repeat(299)}…`);
  });

  test.each<[boolean, Tensors, string]>([
    [false, gpt2Tensors, 'lm_head.weight [5,4] is missing'],
    [
      true,
      { ...prefixed(gpt2Tensors), 'lm_head.weight': head },
      'lm_head.weight differs from transformer.wte.weight, expected the same: config.json has tie_word_embeddings true',
    ],
  ])('with tie_word_embeddings %s must be so', async (tie_word_embeddings, tensors, sentence) => {
    expect(await mismatchOne({ ...gpt2Config, tie_word_embeddings }, tensors)).toBe(sentence);
  });

  test('biases that are absent are zero', async () => {
    const names = Object.keys(gpt2Tensors).filter((name) => name.endsWith('.bias'));
    const { weights } = await readOne(gpt2Config, without(gpt2Tensors, ...names));
    expect(weights.get('blocks.0.attn.b_K')).toEqual(new Float32Array(4));
    expect(weights.get('blocks.1.mlp.b_in')).toEqual(new Float32Array(3));
    expect(weights.get('ln_final.b')).toEqual(new Float32Array(4));
  });

  test('NaN and infinity load', async () => {
    const data = Float32Array.of(NaN, Infinity, -Infinity, 0);
    const { weights } = await readOne(gpt2Config, { ...gpt2Tensors, 'ln_f.weight': { shape: [4], data } });
    expect(weights.get('ln_final.w')).toEqual(data);
  });

  test('what does not fit is named: missing, of another shape, unexpected', async () => {
    const wrong = {
      ...without(gpt2Tensors, 'h.1.mlp.c_fc.weight'),
      'h.0.attn.c_attn.weight': numbers([12, 4], 0),
      'h.2.ln_1.weight': numbers([4], 0),
      'score.weight': numbers([2, 4], 0),
    };
    expect((await mismatchOne(gpt2Config, prefixed(wrong))).split('; ')).toEqual([
      'transformer.h.0.attn.c_attn.weight is [12,4], expected [4,12]',
      'transformer.h.1.mlp.c_fc.weight [4,3] is missing',
      'transformer.h.2.ln_1.weight [4] is not part of the model that config.json describes',
      'transformer.score.weight [2,4] is not part of the model that config.json describes',
    ]);
  });

  test('ten are named and the others counted', async () => {
    const more = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`more.${10 + i}`, numbers([1], i)]));
    const parts = (await mismatchOne(gpt2Config, { ...gpt2Tensors, ...more })).split('; ');
    expect(parts.length).toBe(11);
    expect(parts[0]).toBe('more.10 [1] is not part of the model that config.json describes');
    expect(parts.at(-1)).toBe('and 3 more');
  });

  test('quantized weights are refused', async () => {
    const whole = { name: 'wpe.weight', dtype: 'I32', shape: [6, 4], data: new Int32Array(24) } as const;
    const others = Object.entries(without(gpt2Tensors, 'wpe.weight'));
    const file = writeSafetensors([
      whole,
      ...others.map(([name, stored]) => ({ name, dtype: 'F32' as const, ...stored })),
    ]);
    expect(await mismatch(gpt2Config, { 'model.safetensors': file })).toBe(
      'wpe.weight is I32, expected one of F16, BF16, F32, F64',
    );
  });
});

describe('TransformerLens', () => {
  test('W_Q, W_K, W_V and W_U are put into the order that they are stored in', async () => {
    const { weights, tied } = await readOne(lensConfig, lensTensors);
    expect(tied).toBe(false);
    expect([...weights.keys()]).toEqual([...lensSpecs.keys()]);
    const [head, model, dim, vocab] = [3, 4, 2, 8];
    for (const letter of ['Q', 'K', 'V']) {
      const { data } = lensTensors[`blocks.1.attn.W_${letter}`]!;
      const stored = weights.get(`blocks.1.attn.W_${letter}`)!;
      for (let h = 0; h < head; h++)
        for (let m = 0; m < model; m++)
          for (let d = 0; d < dim; d++) expect(stored[(m * head + h) * dim + d]).toBe(data[(h * model + m) * dim + d]);
    }
    const { data } = lensTensors['unembed.W_U']!;
    const stored = weights.get('unembed.W_U')!;
    for (let m = 0; m < model; m++)
      for (let v = 0; v < vocab; v++) expect(stored[v * model + m]).toBe(data[m * vocab + v]);
    for (const [name, spec] of lensSpecs) {
      if (!spec.stored) expect(weights.get(name), name).toEqual(lensTensors[name]!.data);
    }
  });

  test('its buffers are passed over, a missing bias is zero, a missing weight is not', async () => {
    const buffers = { 'blocks.0.attn.mask': numbers([6, 6], 0), 'blocks.1.attn.IGNORE': numbers([], 0) };
    const { weights } = await readOne(lensConfig, { ...without(lensTensors, 'unembed.b_U'), ...buffers });
    expect(weights.get('unembed.b_U')).toEqual(new Float32Array(8));
    const fewer = without(lensTensors, 'unembed.W_U', 'blocks.0.ln1.w', 'blocks.0.ln1.b');
    expect(await mismatchOne(lensConfig, fewer)).toBe('blocks.0.ln1.w [4] is missing; unembed.W_U [4,8] is missing');
    expect(await mismatchOne({ ...lensConfig, n_layers: 1 }, lensTensors)).toContain('; and 6 more');
  });
});

describe('shards', () => {
  const names = Object.keys(gpt2Tensors);
  const second = names.filter((_, i) => i % 2 === 1);
  const [a, b] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const shards = {
    [a]: f32(without(gpt2Tensors, ...second)),
    [b]: f32(without(gpt2Tensors, ...names.filter((name) => !second.includes(name)))),
  };
  const weight_map = Object.fromEntries(names.map((name) => [name, second.includes(name) ? b : a]));
  const index = (map: unknown) => ({
    'model.safetensors.index.json': { metadata: { total_size: 1 }, weight_map: map },
  });

  test('are each read once, and give what one file gives', async () => {
    const { weights } = await readOne(gpt2Config, gpt2Tensors);
    const files = directory({ ...shards, ...index(weight_map) });
    const sharded = await readWeights(parseConfig(gpt2Config, 'tiny/config.json'), files);
    expect(sharded.weights).toEqual(weights);
    expect(files.reads).toEqual(['model.safetensors', 'model.safetensors.index.json', a, b]);
    const hash = async (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const both = await hash(Uint8Array.of(...(await hash(shards[a]!)), ...(await hash(shards[b]!))));
    expect(sharded.sha256).toBe(Array.from(both, (byte) => byte.toString(16).padStart(2, '0')).join(''));
  });

  test.each([
    ['another one', 'before', numbers([5, 4], 99), false],
    ['another one', 'after', numbers([5, 4], 99), false],
    ['the same', 'before', gpt2Tensors['wte.weight']!, true],
    ['the same', 'after', gpt2Tensors['wte.weight']!, true],
  ] as const)('may hold the unembedding, %s, apart from the embedding and %s it', async (_, order, own, tied) => {
    const heads = f32({ 'lm_head.weight': own });
    const [first, last] = order === 'before' ? [heads, f32(gpt2Tensors)] : [f32(gpt2Tensors), heads];
    const [here, there] = order === 'before' ? [b, a] : [a, b];
    const map = { ...Object.fromEntries(names.map((name) => [name, here])), 'lm_head.weight': there };
    const files = directory({ [a]: first, [b]: last, ...index(map) });
    const taken: string[] = [];
    const parsed = parseConfig(gpt2Config, 'tiny/config.json');
    const read = await streamWeights(parsed, files, {}, (name) => void taken.push(name));
    expect(read.tied).toBe(tied);
    expect(taken.toSorted()).toEqual([...new Set(taken)].toSorted()); // each once
    const { weights } = await readWeights(parsed, files);
    expect(weights.get('embed.W_E')).toEqual(gpt2Tensors['wte.weight']!.data);
    expect(weights.get('unembed.W_U')).toEqual(tied ? undefined : own.data);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'no weights at all',
      {},
      'file-missing: tiny has neither model.safetensors nor model.safetensors.index.json; weights in other formats (.bin, .pt, .gguf) must be converted first',
    ],
    [
      'a missing shard',
      { [a]: shards[a], ...index(weight_map) },
      `file-missing: tiny has no ${b}, which model.safetensors.index.json names`,
    ],
    [
      'a broken shard',
      { ...shards, [b]: new Uint8Array(3), ...index(weight_map) },
      `safetensors-invalid: tiny/${b}: the file has 3 bytes, expected at least 8, its header's length; fetch it again`,
    ],
    [
      'no weight_map',
      index(undefined),
      'json-invalid: tiny/model.safetensors.index.json: weight_map is undefined, expected an object of file names',
    ],
    [
      'a shard elsewhere',
      index({ 'wte.weight': '../other/model.safetensors' }),
      'json-invalid: tiny/model.safetensors.index.json: "wte.weight" is in "../other/model.safetensors", expected the name of a .safetensors file beside it',
    ],
    [
      'a tensor in the wrong shard',
      { ...shards, ...index({ ...weight_map, 'wte.weight': b }) },
      `weights-mismatch: tiny: the weights do not fit model.safetensors.index.json: wte.weight is in ${a}, expected in ${b}`,
    ],
    [
      'a tensor that no shard has',
      { ...shards, ...index({ ...weight_map, 'lm_head.weight': b }) },
      `weights-mismatch: tiny: the weights do not fit model.safetensors.index.json: lm_head.weight is in no file, expected in ${b}`,
    ],
    [
      'a tensor that the index does not name',
      { ...shards, ...index(Object.fromEntries(Object.entries(weight_map).slice(1))) },
      `weights-mismatch: tiny: the weights do not fit model.safetensors.index.json: wte.weight is in ${a}, expected in no file`,
    ],
  ])('%s', async (_, contents, sentence) => {
    expect(await mismatch(gpt2Config, contents)).toBe(sentence);
  });
});
