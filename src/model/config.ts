/** What a model's config.json says, checked, in TransformerLens's terms. */
import { FluoroscopeError } from '../errors';
import { show } from '../tensor/show';
import { Fields } from './config-fields';
import { type ModelFiles, type ReadOptions, readJson } from './files';

/** TransformerLens's `HookedTransformerConfig`, the fields that decide what is computed. */
export interface ModelConfig {
  readonly n_layers: number;
  readonly n_heads: number;
  /** Width of the residual stream. */
  readonly d_model: number;
  /** Width of one head; `n_heads · d_head` need not be `d_model`. */
  readonly d_head: number;
  /** Neurons of one MLP; 0 where `attn_only`, whatever the file says: `HookedTransformerConfig` lets both stand. */
  readonly d_mlp: number;
  readonly d_vocab: number;
  /** Number of logits. */
  readonly d_vocab_out: number;
  /** Longest prompt, in tokens. */
  readonly n_ctx: number;
  /** `gelu` is the exact one (erf), `gelu_new` GPT-2's (tanh). Unused where `attn_only`. */
  readonly act_fn: 'relu' | 'gelu' | 'gelu_new' | 'silu';
  /** `LNPre` has no gain and bias; null is no normalization at all. */
  readonly normalization_type: 'LN' | 'LNPre' | null;
  readonly attn_only: boolean;
  readonly attention_dir: 'causal' | 'bidirectional';
  /** Added to the variance before the square root. */
  readonly eps: number;
}

export interface ParsedConfig {
  readonly config: ModelConfig;
  /** Whose names and shapes the weight file has. */
  readonly layout: 'gpt2' | 'transformer-lens';
  /** Whether the config says that the unembedding is the embedding; null where it does not say. */
  readonly tied: boolean | null;
  /** Tokens that end a text, unless generation_config.json names others (`endOfText`); null where it does not say. */
  readonly endOfText: readonly number[] | null;
}

/**
 * What config.json says.
 *
 * @throws FluoroscopeError 'file-missing', 'json-invalid', 'config-invalid' (a field is missing, malformed or
 * contradicts another), 'architecture-unknown' (it describes a model that Fluoroscope would compute wrongly).
 */
export async function readConfig(files: ModelFiles, options?: ReadOptions): Promise<ParsedConfig> {
  const json = await readJson(files, 'config.json', options);
  if (json !== null) return parseConfig(json, `${files.name}/config.json`);
  throw new FluoroscopeError('file-missing', noConfig(files.name));
}

/** Said of a directory, by its name, that is no model's. */
export function noConfig(name: string): string {
  return `${name} has no config.json; a model directory holds config.json, model.safetensors and, for text prompts, tokenizer.json`;
}

/** @param where names the file in errors. @throws as `readConfig`. */
export function parseConfig(json: unknown, where: string): ParsedConfig {
  const fields = fieldsOf(json, where);
  if (fields.has('model_type')) {
    fields.expect('model_type', ['gpt2']);
    return parseGpt2(fields);
  }
  if (fields.has('d_model') && fields.has('n_layers')) return parseTransformerLens(fields);
  const known = 'model_type "gpt2" or the fields of a TransformerLens config (d_model, n_layers, …)';
  throw new FluoroscopeError('architecture-unknown', `${where} has neither ${known}; other models are not supported`);
}

/** Of a file that should hold an object. @throws 'config-invalid' */
export function fieldsOf(json: unknown, where: string): Fields {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return new Fields(json as Record<string, unknown>, where);
  }
  throw new FluoroscopeError('config-invalid', `${where} is ${show(json)}, expected an object`);
}

const MOST_LAYERS = 1000; // a broken file with more would block the page: 10,000 take about a second to lay out

/** Activation functions by the names that Hugging Face and TransformerLens give them; several name one formula. */
const ACTIVATIONS = {
  relu: 'relu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_accurate: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  silu: 'silu',
  swish: 'silu',
} as const;

/** Other names for what a GPT-2 config says, where it says it twice: TransformerLens's, then Hugging Face's aliases. */
const GPT2_SYNONYMS = [
  ['n_layers', 'n_layers', 'n_layer'],
  ['n_heads', 'n_heads', 'n_head'],
  ['d_model', 'd_model', 'n_embd'],
  ['d_head', 'd_head', 'n_embd / n_head'],
  ['d_mlp', 'd_mlp', 'n_inner or else 4 · n_embd'],
  ['d_vocab', 'd_vocab', 'vocab_size'],
  ['d_vocab_out', 'd_vocab_out', 'vocab_size'],
  ['n_ctx', 'n_ctx', 'n_positions'],
  ['num_hidden_layers', 'n_layers', 'n_layer'],
  ['num_attention_heads', 'n_heads', 'n_head'],
  ['hidden_size', 'd_model', 'n_embd'],
  ['max_position_embeddings', 'n_ctx', 'n_positions'],
] as const;

function parseGpt2(fields: Fields): ParsedConfig {
  fields.expect('scale_attn_weights', [true, null]);
  fields.expect('scale_attn_by_inverse_layer_idx', [false, null]);
  fields.expect('add_cross_attention', [false, null]);
  fields.expect('is_encoder_decoder', [false, null]);
  fields.expect('pruned_heads', [{}, null]);
  fields.expect('quantization_config', [null]);
  const [d_model, n_heads] = [fields.size('n_embd'), fields.size('n_head')];
  const d_vocab = fields.size('vocab_size');
  const config: ModelConfig = {
    n_layers: fields.size('n_layer', 0, MOST_LAYERS),
    n_heads,
    d_model,
    d_head: fields.quotient('n_embd', d_model, 'n_head', n_heads),
    d_mlp: fields.has('n_inner') ? fields.size('n_inner') : 4 * d_model,
    d_vocab,
    d_vocab_out: d_vocab,
    n_ctx: fields.has('n_positions') || !fields.has('n_ctx') ? fields.size('n_positions') : fields.size('n_ctx'),
    act_fn: fields.has('activation_function') ? fields.choice('activation_function', ACTIVATIONS) : 'gelu_new',
    normalization_type: 'LN',
    attn_only: false,
    attention_dir: 'causal',
    eps: fields.epsilon('layer_norm_epsilon'),
  };
  for (const [synonym, field, source] of GPT2_SYNONYMS) fields.agree(synonym, config[field], source);
  const tied = fields.has('tie_word_embeddings') ? fields.flag('tie_word_embeddings', true) : null;
  return { config, layout: 'gpt2', tied, endOfText: fields.ids('eos_token_id') };
}

/** Missing fields take the defaults of `HookedTransformerConfig`, where -1 and null are "not given" too. */
function parseTransformerLens(fields: Fields): ParsedConfig {
  const attn_only = fields.flag('attn_only', false);
  const d_model = fields.size('d_model');
  const d_head = fields.given('d_head')
    ? fields.size('d_head')
    : fields.quotient('d_model', d_model, 'n_heads', fields.size('n_heads'));
  const n_heads = fields.given('n_heads')
    ? fields.size('n_heads')
    : fields.quotient('d_model', d_model, 'd_head', d_head);
  const d_vocab = fields.size('d_vocab');

  fields.expect('positional_embedding_type', ['standard', null]);
  fields.expect('n_key_value_heads', [n_heads, null]);
  fields.expect('use_attn_scale', [true, null]);
  // A file may hold the root of d_head rounded to any precision.
  const scale = fields.get('attn_scale');
  const usual = typeof scale === 'number' && Math.abs(scale - Math.sqrt(d_head)) < 1e-4 * scale;
  if (!usual) fields.expect('attn_scale', [-1, Math.sqrt(d_head), null]);
  fields.expect('attn_scores_soft_cap', [-1, 0, null]);
  fields.expect('output_logits_soft_cap', [-1, 0, null]);
  fields.expect('num_experts', [null]);
  const off = [
    'final_rms',
    'gated_mlp',
    'parallel_attn_mlp',
    'post_embedding_ln',
    'scale_attn_by_inverse_layer_idx',
    'use_local_attn',
    'use_normalization_before_and_after',
    'use_qk_norm',
  ];
  for (const field of off) fields.expect(field, [false, null]);
  fields.expect('normalization_type', ['LN', 'LNPre', null]);
  const normalization = fields.get('normalization_type') as 'LN' | 'LNPre' | null | undefined;

  const config: ModelConfig = {
    n_layers: fields.size('n_layers', 0, MOST_LAYERS),
    n_heads,
    d_model,
    d_head,
    d_mlp: attn_only ? 0 : fields.given('d_mlp') ? fields.size('d_mlp') : 4 * d_model,
    d_vocab,
    d_vocab_out: fields.given('d_vocab_out') ? fields.size('d_vocab_out') : d_vocab,
    n_ctx: fields.size('n_ctx'),
    act_fn: attn_only && !fields.has('act_fn') ? 'relu' : fields.choice('act_fn', ACTIVATIONS),
    normalization_type: normalization === undefined ? 'LN' : normalization,
    attn_only,
    attention_dir: fields.has('attention_dir')
      ? fields.choice('attention_dir', { causal: 'causal', bidirectional: 'bidirectional' })
      : 'causal',
    eps: fields.epsilon('eps'),
  };
  return { config, layout: 'transformer-lens', tied: null, endOfText: fields.ids('eos_token_id') };
}
