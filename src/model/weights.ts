/** A model's weights: which ones a config has, and their values from either layout of weight file. */
import { FluoroscopeError } from '../errors';
import { type Axis, type Layout, sizeOf } from '../tensor/layout';
import { permute } from '../tensor/permute';
import { readF32 } from '../tensor/safetensors';
import { show } from '../tensor/show';
import type { ModelConfig, ParsedConfig } from './config';
import type { ModelFiles, ReadOptions } from './files';
import { gpt2Layout, gpt2Names, ignoredInGpt2, isTied } from './gpt2-weights';
import { openWeights, refuseProblems, type StoredWeights } from './weight-files';

export interface WeightSpec extends Layout {
  /** The order in which the axes lie in memory, where it is not that of `axes`. */
  readonly stored?: readonly Axis[];
  /** A bias that a file lacks is zero; a weight that it lacks is an error. */
  readonly bias: boolean;
}

/**
 * Every weight of a config under its TransformerLens name, `axes` and `shape` TransformerLens's too. `stored` is what a
 * matmul over all heads at once reads: W_Q, W_K, W_V as [model, head, dim]; and W_U as [vocab, model], the embedding's
 * own order, so that a tied model holds one copy.
 */
export function weightSpecs(config: ModelConfig): Map<string, WeightSpec> {
  const { n_layers, n_heads: head, d_model: model, d_head: dim, d_mlp: neuron, normalization_type, attn_only } = config;
  const specs = new Map<string, WeightSpec>();
  const add = (name: string, sizes: Partial<Record<Axis, number>>, stored?: readonly Axis[]) => {
    const bias = /\.b(_\w+)?$/.test(name);
    const spec = { axes: Object.keys(sizes) as Axis[], shape: Object.values(sizes), bias };
    specs.set(name, stored ? { ...spec, stored } : spec);
  };
  const norm = (name: string) => {
    if (normalization_type !== 'LN') return;
    add(`${name}.w`, { model });
    add(`${name}.b`, { model });
  };
  add('embed.W_E', { vocab: config.d_vocab, model });
  add('pos_embed.W_pos', { pos: config.n_ctx, model });
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    norm(`${block}.ln1`);
    for (const letter of ['Q', 'K', 'V']) {
      add(`${block}.attn.W_${letter}`, { head, model, dim }, ['model', 'head', 'dim']);
      add(`${block}.attn.b_${letter}`, { head, dim });
    }
    add(`${block}.attn.W_O`, { head, dim, model });
    add(`${block}.attn.b_O`, { model });
    if (attn_only) continue;
    norm(`${block}.ln2`);
    add(`${block}.mlp.W_in`, { model, neuron });
    add(`${block}.mlp.b_in`, { neuron });
    add(`${block}.mlp.W_out`, { neuron, model });
    add(`${block}.mlp.b_out`, { model });
  }
  norm('ln_final');
  add('unembed.W_U', { model, vocab: config.d_vocab_out }, ['vocab', 'model']);
  add('unembed.b_U', { vocab: config.d_vocab_out });
  return specs;
}

/** A tensor of a weight file, and the weights that are made of it: each takes its own in stored order. */
export interface Source {
  readonly shape: readonly number[];
  readonly weights: ReadonlyMap<string, (data: Float32Array) => Float32Array>;
}

export interface Weights {
  /** In stored order. May be views of the file's own bytes: drop the map once the weights are on the GPU. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** The unembedding is the embedding: `unembed.W_U` is not in `weights`, `embed.W_E` is it as it lies in memory. */
  readonly tied: boolean;
  /** Of the weight file, hexadecimal; of several, over their hashes in the order of their names. */
  readonly sha256: string;
}

export interface WeightOptions extends ReadOptions {
  /** The SHA-256 that the weights have to have, in hexadecimal, as `model.weightsHash` says it; any unless given. */
  readonly weightsHash?: string | undefined;
}

/**
 * Reads model.safetensors, or the files that model.safetensors.index.json names, and checks them against the config.
 * Biases that they lack are zero, NaN is a number like any other, F16 and BF16 widen exactly, F64 is rounded.
 * @throws FluoroscopeError 'file-missing', 'safetensors-invalid', 'weights-mismatch' naming each tensor that is missing,
 * unexpected, or of another shape or a dtype that is no plain float, or telling that it is another version than asked for;
 * and what `files.read` throws.
 */
export async function readWeights(
  parsed: ParsedConfig,
  files: ModelFiles,
  { weightsHash, ...options }: WeightOptions = {},
): Promise<Weights> {
  const { config, layout } = parsed;
  const specs = weightSpecs(config);
  const { stored, sha256 } = await openWeights(files, options);
  if (weightsHash !== undefined && weightsHash !== sha256) {
    const why = `its weights have the SHA-256 ${sha256}, expected ${weightsHash}: they are another version`;
    throw new FluoroscopeError('weights-mismatch', `${files.name}: ${why}`);
  }
  const problems: string[] = [];
  const names = layout === 'gpt2' ? gpt2Names(stored.keys()) : undefined;
  const tied = names !== undefined && isTied(stored, names, parsed.tied, problems);
  const sources = names ? gpt2Layout(config, names, tied) : transformerLensLayout(specs);
  const ignored = (tensor: string) =>
    names ? ignoredInGpt2(tensor, names, tied) : /^blocks\.\d+\.attn\.(mask|IGNORE)$/.test(tensor);
  check(specs, sources, stored, ignored, problems);
  refuseProblems(files.name, 'config.json', problems);

  const read = new Map<string, Float32Array>();
  for (const [tensor, source] of sources) {
    const file = stored.get(tensor);
    if (!file) continue;
    const data = readF32(file, tensor);
    for (const [weight, take] of source.weights) read.set(weight, take(data));
  }
  const weights = new Map<string, Float32Array>();
  for (const [name, { shape }] of specs) {
    if (!(tied && name === 'unembed.W_U')) weights.set(name, read.get(name) ?? new Float32Array(sizeOf(shape)));
  }
  return { weights, tied, sha256 };
}

function transformerLensLayout(specs: ReadonlyMap<string, WeightSpec>): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const [name, { axes, shape, stored = axes }] of specs) {
    const take = (data: Float32Array) => permute({ axes, shape, data }, stored).data;
    sources.set(name, { shape, weights: new Map([[name, take]]) });
  }
  return sources;
}

const FLOATS = ['F16', 'BF16', 'F32', 'F64'];

/** Adds to `problems` each stored tensor that does not fit, and each weight without a tensor. */
function check(
  specs: ReadonlyMap<string, WeightSpec>,
  sources: ReadonlyMap<string, Source>,
  stored: StoredWeights,
  ignored: (tensor: string) => boolean,
  problems: string[],
): void {
  for (const [tensor, { shape, weights }] of sources) {
    const got = stored.get(tensor)?.tensors.get(tensor);
    if (!got) {
      const biases = [...weights.keys()].every((weight) => specs.get(weight)!.bias);
      if (!biases) problems.push(`${tensor} ${show(shape)} is missing`);
    } else if (!FLOATS.includes(got.dtype)) {
      problems.push(`${tensor} is ${got.dtype}, expected one of ${FLOATS.join(', ')}`);
    } else if (show(got.shape) !== show(shape)) {
      problems.push(`${tensor} is ${show(got.shape)}, expected ${show(shape)}`);
    }
  }
  for (const [tensor, { tensors }] of stored) {
    if (sources.has(tensor) || ignored(tensor)) continue;
    problems.push(`${tensor} ${show(tensors.get(tensor)!.shape)} is not part of the model that config.json describes`);
  }
}
