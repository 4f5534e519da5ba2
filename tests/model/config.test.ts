import { describe, expect, test } from 'vitest';
import { type ModelConfig, parseConfig, readConfig } from '../../src/model/config';
import { endOfText } from '../../src/model/end-of-text';
import { directory, refusal } from './directory';

const gpt2 = {
  model_type: 'gpt2',
  n_layer: 12,
  n_embd: 768,
  n_head: 12,
  n_positions: 1024,
  vocab_size: 50257,
};

const transformerLens = {
  n_layers: 1,
  d_model: 128,
  d_head: 32,
  n_heads: 4,
  n_ctx: 3,
  d_vocab: 114,
  act_fn: 'relu',
};

/** As a text asks. */
async function ends(contents: Readonly<Record<string, unknown>>): Promise<readonly number[]> {
  const files = directory(contents);
  return endOfText(files, await readConfig(files), null, {})();
}

const parse = (json: unknown) => parseConfig(json, 'tiny/config.json');
const config = (json: unknown): ModelConfig => parse(json).config;

function refused(json: unknown): string {
  try {
    parse(json);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code}: ${message}`;
  }
  return 'accepted';
}

describe("Hugging Face's GPT-2", () => {
  test('takes its class defaults for what a file leaves out', () => {
    expect(parse(gpt2)).toEqual({
      layout: 'gpt2',
      tied: null,
      endOfText: null,
      config: {
        n_layers: 12,
        n_heads: 12,
        d_model: 768,
        d_head: 64,
        d_mlp: 3072,
        d_vocab: 50257,
        d_vocab_out: 50257,
        n_ctx: 1024,
        act_fn: 'gelu_new',
        normalization_type: 'LN',
        attn_only: false,
        attention_dir: 'causal',
        eps: 1e-5,
      },
    });
  });

  test('reads what it says', () => {
    const said = {
      ...gpt2,
      n_inner: 64,
      layer_norm_epsilon: 1e-6,
      activation_function: 'silu',
      tie_word_embeddings: false,
    };
    expect(parse(said)).toMatchObject({ tied: false, config: { d_mlp: 64, eps: 1e-6, act_fn: 'silu' } });
    expect(parse({ ...gpt2, tie_word_embeddings: true }).tied).toBe(true);
    expect(config({ ...gpt2, n_inner: null }).d_mlp).toBe(3072);
    expect(config({ ...gpt2, n_positions: undefined, n_ctx: 512 }).n_ctx).toBe(512);
  });

  test.each([
    ['gelu_new', 'gelu_new'],
    ['gelu_fast', 'gelu_new'],
    ['gelu_pytorch_tanh', 'gelu_new'],
    ['gelu_accurate', 'gelu_new'],
    ['gelu', 'gelu'],
    ['gelu_python', 'gelu'],
    ['relu', 'relu'],
    ['silu', 'silu'],
    ['swish', 'silu'],
  ])('%s is %s', (name, act_fn) => {
    expect(config({ ...gpt2, activation_function: name }).act_fn).toBe(act_fn);
  });

  test('passes over what changes no number', () => {
    const harmless = {
      reorder_and_upcast_attn: true,
      attn_pdrop: 0.1,
      summary_type: 'cls_index',
      use_cache: true,
      scale_attn_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      add_cross_attention: false,
      pruned_heads: {},
      n_ctx: 1024,
      n_layers: 12,
      d_mlp: -1,
      d_vocab_out: null,
    };
    expect(parse({ ...gpt2, ...harmless })).toEqual(parse(gpt2));
  });

  test.each<[Record<string, unknown>, string]>([
    [{ n_embd: undefined }, 'n_embd is missing, expected a whole number from 1 to 1048576'],
    [{ n_head: 7 }, 'n_embd is 768, expected a multiple of n_head, which is 7'],
    [{ n_layer: 1.5 }, 'n_layer is 1.5, expected a whole number from 0 to 1000'],
    [{ n_positions: undefined }, 'n_positions is missing, expected a whole number from 1 to 1048576'],
    [{ vocab_size: '50257' }, 'vocab_size is "50257", expected a whole number from 1 to 1048576'],
    [{ n_inner: 0 }, 'n_inner is 0, expected a whole number from 1 to 1048576'],
    [{ n_layer: 3e6 }, 'n_layer is 3000000, expected a whole number from 0 to 1000'],
    [{ n_inner: 2 ** 20 + 1 }, 'n_inner is 1048577, expected a whole number from 1 to 1048576'],
    [{ layer_norm_epsilon: -1 }, 'layer_norm_epsilon is -1, expected a number, 0 or more, that f32 can hold'],
    [
      { layer_norm_epsilon: Infinity },
      'layer_norm_epsilon is Infinity, expected a number, 0 or more, that f32 can hold',
    ],
    [{ n_positions: 16, n_ctx: 99 }, 'n_ctx is 99, expected 16, which n_positions gives'],
    [{ n_layers: 6 }, 'n_layers is 6, expected 12, which n_layer gives'],
    [{ d_model: 512 }, 'd_model is 512, expected 768, which n_embd gives'],
    [{ d_mlp: 65 }, 'd_mlp is 65, expected 3072, which n_inner or else 4 · n_embd gives'],
    [{ hidden_size: 1024 }, 'hidden_size is 1024, expected 768, which n_embd gives'],
    [{ tie_word_embeddings: 'yes' }, 'tie_word_embeddings is "yes", expected true or false'],
    [
      { activation_function: 3 },
      'activation_function is 3, expected one of relu, gelu, gelu_python, gelu_new, gelu_fast, gelu_accurate, ' +
        'gelu_pytorch_tanh, silu, swish',
    ],
  ])('is invalid with %o', (change, sentence) => {
    expect(refused({ ...gpt2, ...change })).toBe(`config-invalid: tiny/config.json: ${sentence}`);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ model_type: 'llama' }, 'model_type "llama" is not supported; expected "gpt2"'],
    [{ scale_attn_weights: false }, 'scale_attn_weights false is not supported; expected true or null'],
    [
      { scale_attn_by_inverse_layer_idx: true },
      'scale_attn_by_inverse_layer_idx true is not supported; expected false or null',
    ],
    [{ add_cross_attention: true }, 'add_cross_attention true is not supported; expected false or null'],
    [{ pruned_heads: { 0: [1] } }, 'pruned_heads {"0":[1]} is not supported; expected {} or null'],
    [{ quantization_config: { bits: 4 } }, 'quantization_config {"bits":4} is not supported; expected null'],
    [
      { activation_function: 'quick_gelu' },
      'activation_function "quick_gelu" is not supported; expected "relu" or "gelu" or "gelu_python" or "gelu_new" or ' +
        '"gelu_fast" or "gelu_accurate" or "gelu_pytorch_tanh" or "silu" or "swish"',
    ],
  ])('is not run with %o', (change, sentence) => {
    expect(refused({ ...gpt2, ...change })).toBe(`architecture-unknown: tiny/config.json: ${sentence}`);
  });
});

describe('TransformerLens', () => {
  test("takes HookedTransformerConfig's defaults for what a file leaves out", () => {
    expect(parse(transformerLens)).toEqual({
      layout: 'transformer-lens',
      tied: null,
      endOfText: null,
      config: {
        n_layers: 1,
        n_heads: 4,
        d_model: 128,
        d_head: 32,
        d_mlp: 512,
        d_vocab: 114,
        d_vocab_out: 114,
        n_ctx: 3,
        act_fn: 'relu',
        normalization_type: 'LN',
        attn_only: false,
        attention_dir: 'causal',
        eps: 1e-5,
      },
    });
  });

  test.each<[Record<string, unknown>, Partial<ModelConfig>]>([
    [
      { d_vocab_out: 113, d_mlp: 64, eps: 0.001 },
      { d_vocab_out: 113, d_mlp: 64, eps: 0.001 },
    ],
    [
      { d_vocab_out: -1, d_mlp: null },
      { d_vocab_out: 114, d_mlp: 512 },
    ],
    [{ d_head: undefined }, { d_head: 32 }],
    [{ n_heads: -1 }, { n_heads: 4 }],
    [
      { n_heads: 3, d_head: 64 },
      { n_heads: 3, d_head: 64 },
    ],
    [{ normalization_type: null }, { normalization_type: null }],
    [{ normalization_type: 'LNPre' }, { normalization_type: 'LNPre' }],
    [
      { attn_only: true, act_fn: null, d_mlp: null },
      { attn_only: true, d_mlp: 0 },
    ],
    [
      { attn_only: true, d_mlp: 65 },
      { attn_only: true, d_mlp: 0 },
    ],
    [{ attention_dir: 'bidirectional' }, { attention_dir: 'bidirectional' }],
    [{ n_layers: 0 }, { n_layers: 0 }],
    [{ act_fn: 'gelu_fast' }, { act_fn: 'gelu_new' }],
    [{ n_key_value_heads: 4, attn_scale: 5.656854, attn_scores_soft_cap: -1.0, num_experts: null }, {}],
    [{ model_name: 'custom', device: 'cuda', seed: 999, init_weights: true, dtype: 'torch.float32' }, {}],
  ])('%o is %o', (change, expected) => {
    expect(config({ ...transformerLens, ...change })).toEqual({ ...config(transformerLens), ...expected });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ d_vocab: -1 }, 'd_vocab is -1, expected a whole number from 1 to 1048576'],
    [{ n_layers: 3e6 }, 'n_layers is 3000000, expected a whole number from 0 to 1000'],
    [{ d_model: 2 ** 53 }, 'd_model is 9007199254740992, expected a whole number from 1 to 1048576'],
    [{ eps: 1e39 }, 'eps is 1e+39, expected a number, 0 or more, that f32 can hold'],
    [{ act_fn: null }, 'act_fn is null, expected one of relu, gelu, gelu_python'],
    [{ d_head: undefined, n_heads: 3 }, 'd_model is 128, expected a multiple of n_heads, which is 3'],
    [{ d_head: 33, n_heads: undefined }, 'd_model is 128, expected a multiple of d_head, which is 33'],
    [{ d_head: undefined, n_heads: undefined }, 'n_heads is missing, expected a whole number from 1 to 1048576'],
    [{ attn_only: 1 }, 'attn_only is 1, expected true or false'],
    [{ attention_dir: 0 }, 'attention_dir is 0, expected one of causal, bidirectional'],
  ])('is invalid with %o', (change, sentence) => {
    expect(refused({ ...transformerLens, ...change })).toContain(`config-invalid: tiny/config.json: ${sentence}`);
  });

  test.each<[string, unknown, string]>([
    ['positional_embedding_type', 'rotary', '"standard" or null'],
    ['positional_embedding_type', 'shortformer', '"standard" or null'],
    ['normalization_type', 'RMS', '"LN" or "LNPre" or null'],
    ['use_attn_scale', false, 'true or null'],
    ['attn_scale', 1, '-1 or 5.656854249492381 or null'],
    ['n_key_value_heads', 1, '4 or null'],
    ['attn_scores_soft_cap', 50, '-1 or 0 or null'],
    ['output_logits_soft_cap', 30, '-1 or 0 or null'],
    ['num_experts', 8, 'null'],
    ['final_rms', true, 'false or null'],
    ['gated_mlp', true, 'false or null'],
    ['parallel_attn_mlp', true, 'false or null'],
    ['post_embedding_ln', true, 'false or null'],
    ['scale_attn_by_inverse_layer_idx', true, 'false or null'],
    ['use_local_attn', true, 'false or null'],
    ['use_normalization_before_and_after', true, 'false or null'],
    ['use_qk_norm', true, 'false or null'],
  ])('is not run with %s %o', (field, value, expected) => {
    expect(refused({ ...transformerLens, [field]: value })).toBe(
      `architecture-unknown: tiny/config.json: ${field} ${JSON.stringify(value)} is not supported; expected ${expected}`,
    );
  });

  test('is not run with an infinite number where null would do', () => {
    expect(refused({ ...transformerLens, attn_scale: Infinity })).toBe(
      'architecture-unknown: tiny/config.json: attn_scale Infinity is not supported; expected -1 or 5.656854249492381 or null',
    );
  });

  test.each(['solu_ln', 'toString'])('is not run with the activation function %s', (act_fn) => {
    expect(refused({ ...transformerLens, act_fn })).toContain(
      `architecture-unknown: tiny/config.json: act_fn "${act_fn}"`,
    );
  });
});

describe('config.json', () => {
  test.each([
    ['[]', 'config-invalid: tiny/config.json is [], expected an object'],
    [
      '{"hidden_size": 64}',
      'architecture-unknown: tiny/config.json has neither model_type "gpt2" or the fields of a TransformerLens config ' +
        '(d_model, n_layers, …); other models are not supported',
    ],
    [
      '{"n_layers": 1, "n_layers": 2}',
      'json-invalid: tiny/config.json is not valid JSON: the key "n_layers" is given twice',
    ],
    [
      JSON.stringify({ model_type: 'gpt2', n_embd: 4, n_head: 2, n_layer: 1, n_positions: 6, vocab_size: 5 }).replace(
        '}',
        ',"layer_norm_epsilon":1e999}',
      ),
      'config-invalid: tiny/config.json: layer_norm_epsilon is Infinity, expected a number, 0 or more, that f32 can hold',
    ],
    [
      '<!DOCTYPE html>',
      'json-invalid: tiny/config.json is a web page, not the file itself; check the address (on huggingface.co it has ' +
        '/resolve/ where pages have /blob/) and whether the file exists and needs no login',
    ],
  ])('%s is refused', async (text, sentence) => {
    expect(await refusal(readConfig(directory({ 'config.json': text })))).toBe(sentence);
  });

  test('that is missing is missed', async () => {
    expect(await refusal(readConfig(directory({})))).toBe(
      'file-missing: tiny has no config.json; a model directory holds config.json, model.safetensors and, for text ' +
        'prompts, tokenizer.json',
    );
  });

  test.each([
    [{ eos_token_id: undefined }, null, []],
    [{ eos_token_id: 3 }, null, [3]],
    [{ eos_token_id: null }, null, []],
    [{ eos_token_id: 3 }, { eos_token_id: [4, 5] }, [4, 5]],
    [{ eos_token_id: 3 }, { max_length: 9 }, [3]],
    [{ eos_token_id: 50256 }, {}, [50256]],
  ])('that says %j, beside a generation_config.json that says %j, ends texts at %j', async (says, beside, ids) => {
    const files = { 'config.json': { ...gpt2, ...says }, ...(beside && { 'generation_config.json': beside }) };
    expect(await ends(files)).toEqual(ids);
    const other = { ...transformerLens, ...says };
    expect(await ends({ ...files, 'config.json': other }), 'TransformerLens has no generation_config.json').toEqual(
      [says.eos_token_id ?? []].flat(),
    );
  });

  test.each([
    [{ eos_token_id: -1 }, {}, 'tiny/config.json: eos_token_id is -1'],
    [{ eos_token_id: '</s>' }, {}, 'tiny/config.json: eos_token_id is "</s>"'],
    [{}, { eos_token_id: [1, 0.5] }, 'tiny/generation_config.json: eos_token_id is [1,0.5]'],
  ])('that says %j, beside %j, is refused', async (says, beside, what) => {
    const files = { 'config.json': { ...gpt2, ...says }, 'generation_config.json': beside };
    const sentence = `config-invalid: ${what}, expected a token id or a list of them`;
    expect(await refusal(ends(files))).toBe(sentence);
  });

  test('is read', async () => {
    const files = directory({ 'config.json': gpt2 });
    expect(await readConfig(files)).toEqual(parse(gpt2));
    expect(files.reads, 'what a browser would log as missing is not asked for').toEqual(['config.json']);
  });
});
