/** A model's weights: which ones a config has, and their values from either layout of weight file. */
import { FluoroscopeError } from '../errors';
import { type Axis, type Layout, sizeOf } from '../tensor/layout';
import { permute } from '../tensor/permute';
import { readF32, type SafetensorsFile } from '../tensor/safetensors';
import { show } from '../tensor/show';
import type { ModelConfig, ParsedConfig } from './config';
import type { ModelFiles, ReadOptions } from './files';
import { gpt2Layout, gpt2Names, ignoredInGpt2 } from './gpt2-weights';
import { TiedHead } from './tied-head';
import { refuseProblems, type StoredTensors, takeWeights } from './weight-files';

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

export interface ReadWeights {
  /** The unembedding is the embedding: there is no `unembed.W_U`, `embed.W_E` is it as it lies in memory. */
  readonly tied: boolean;
  /** Of the weight file, hexadecimal; of several, over their hashes in the order of their names. */
  readonly sha256: string;
}

export interface Weights extends ReadWeights {
  /** In stored order. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Gets a weight by name, its values in stored order; once more with other values where a download had to start over. */
export type TakeWeight = (weight: string, values: Float32Array) => void | Promise<void>;

export interface WeightOptions extends ReadOptions {
  /** The SHA-256 that the weights have to have, in hexadecimal, as `model.weightsHash` says it; any unless given. */
  readonly weightsHash?: string | undefined;
}

/**
 * Reads model.safetensors, or the files that model.safetensors.index.json names, checks them against the config and hands
 * each weight on as it comes; no more of a file is held than one tensor, or two where they have to be compared. Biases
 * that the files lack are zero, NaN is a number like any other, F16 and BF16 widen exactly, F64 is rounded.
 * @throws FluoroscopeError 'file-missing', 'safetensors-invalid', 'weights-mismatch' naming each tensor that is missing,
 * unexpected, or of another shape or a dtype that is no plain float, or telling that it is another version than asked for;
 * what `files.stream` or `files.read` throws, and what `take` throws.
 */
export async function streamWeights(
  parsed: ParsedConfig,
  files: ModelFiles,
  { weightsHash, ...options }: WeightOptions,
  take: TakeWeight,
): Promise<ReadWeights> {
  const { config, layout } = parsed;
  const specs = weightSpecs(config);
  const taken = new Set<string>();
  let sources: ReadonlyMap<string, Source> = transformerLensLayout(specs);
  let head: TiedHead | undefined;

  const refuse = (problems: readonly string[]) => refuseProblems(files.name, 'config.json', problems);
  const opened = (tensors: StoredTensors, all: ReadonlySet<string>) => {
    if (layout === 'gpt2') {
      head ??= new TiedHead(gpt2Names(all), all, parsed.tied);
      head.opened(tensors);
      sources = gpt2Layout(config, head.names, head.tied !== false);
    }
    const ignored = (tensor: string) =>
      head ? ignoredInGpt2(tensor, head.names, head.tied !== false) : /^blocks\.\d+\.attn\.(mask|IGNORE)$/.test(tensor);
    const problems = head?.problems ?? [];
    check(specs, sources, tensors, all, ignored, problems);
    refuse(problems);
  };
  const read = async (tensor: string, file: SafetensorsFile) => {
    const source = sources.get(tensor);
    if (!source) return;
    const data = readF32(file, tensor);
    for (const [weight, values] of source.weights) {
      taken.add(weight);
      await take(weight, values(data));
    }
  };
  const sha256 = await takeWeights(
    files,
    {
      opened,
      async take(tensor, file) {
        const untied = head?.compare(tensor, file);
        if (head && untied) {
          refuse(head.problems);
          sources = gpt2Layout(config, head.names, false);
          const problems: string[] = [];
          check(specs, sources, untied.tensors, new Set(sources.keys()), () => false, problems);
          refuse(problems);
          await read(head.names.head, untied);
          if (tensor === head.names.head) return;
        }
        await read(tensor, file);
      },
    },
    options,
  );
  if (weightsHash !== undefined && weightsHash !== sha256) {
    const why = `its weights have the SHA-256 ${sha256}, expected ${weightsHash}: they are another version`;
    throw new FluoroscopeError('weights-mismatch', `${files.name}: ${why}`);
  }
  const tied = head?.tied ?? false;
  for (const [name, { shape, bias }] of specs) {
    if (bias && !taken.has(name)) await take(name, new Float32Array(sizeOf(shape)));
  }
  return { tied, sha256 };
}

/** As `streamWeights`, all weights together, which may be views of the file's own bytes. @throws as `streamWeights` */
export async function readWeights(
  parsed: ParsedConfig,
  files: ModelFiles,
  options: WeightOptions = {},
): Promise<Weights> {
  const taken = new Map<string, Float32Array>();
  const read = await streamWeights(parsed, files, options, (name, values) => void taken.set(name, values));
  const names = [...weightSpecs(parsed.config).keys()].filter((name) => !(read.tied && name === 'unembed.W_U'));
  return { ...read, weights: new Map(names.map((name) => [name, taken.get(name)!])) };
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

/** Adds to `problems` each tensor stored here that does not fit, and each weight without a tensor among all files'. */
function check(
  specs: ReadonlyMap<string, WeightSpec>,
  sources: ReadonlyMap<string, Source>,
  stored: StoredTensors,
  all: ReadonlySet<string>,
  ignored: (tensor: string) => boolean,
  problems: string[],
): void {
  for (const [tensor, { shape, weights }] of sources) {
    const got = stored.get(tensor);
    if (!got) {
      if (all.has(tensor)) continue;
      const biases = [...weights.keys()].every((weight) => specs.get(weight)!.bias);
      if (!biases) problems.push(`${tensor} ${show(shape)} is missing`);
    } else if (!FLOATS.includes(got.dtype)) {
      problems.push(`${tensor} is ${got.dtype}, expected one of ${FLOATS.join(', ')}`);
    } else if (show(got.shape) !== show(shape)) {
      problems.push(`${tensor} is ${show(got.shape)}, expected ${show(shape)}`);
    }
  }
  for (const [tensor, { shape }] of stored) {
    if (sources.has(tensor) || ignored(tensor)) continue;
    problems.push(`${tensor} ${show(shape)} is not part of the model that config.json describes`);
  }
}
