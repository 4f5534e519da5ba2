import { FluoroscopeError } from '../../errors';
import type { ModelConfig } from '../../model/config';
import type { ModelFiles } from '../../model/files';
import type { TensorData } from '../../tensor/layout';
import { uniform } from '../../tensor/random';
import { writeSafetensors } from '../../tensor/safetensors-write';
import type { Program } from '../program';
import { randomBasis } from '../subspace';
import { type Alignment, alignmentOf } from './alignment';
import { writeHead } from './heads';
import { firstConflict, interpret } from './interpret';
import type { RaspProgram, Sizes } from './language';
import { lower } from './lower';
import { isNumber, type Operation } from './operations';
import { BEGINNING, type Plan, plan } from './plan';
import { writeTable } from './tables';
import { WeightWriter } from './weight-writer';

export interface CompileOptions extends Sizes {
  /**
   * Turns the residual stream by a random rotation, so that no variable lies along its axes; without one, dimension i
   * of a variable is an axis.
   */
  readonly rotation?: number;
}

/** A model whose algorithm is known. */
export interface Compiled {
  readonly name: string;
  readonly title: string;
  readonly config: ModelConfig;
  /** By TransformerLens's names, with its axes and shapes. */
  readonly weights: ReadonlyMap<string, TensorData>;
  /** config.json and model.safetensors, for `loadModel`. */
  readonly files: ModelFiles;
  /** What a variable's codes mean: its values in their order. The output's code is the token that the model answers. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** Whether a variable's subspace has a direction for each code, or one along which the value itself lies. */
  readonly encodings: Readonly<Record<string, 'one-hot' | 'number'>>;
  readonly alignment: Alignment;
  readonly program: Program;
  /** A random prompt, the beginning token before it. @param next uniform in [0, 1) */
  prompt(next: () => number): number[];
}

/** Logit of the output; all others have 0. */
const LOGIT = 16;

/** Random prompts on which every aggregate has to select one value. */
const TRIED = 128;

/**
 * Compiles a program to a transformer without normalization that carries it out exactly: each category one-hot in its own
 * directions of the residual stream, an attention head per `select`, an MLP that is a lookup table per `map` and `zip`
 * (after Lindner et al. 2023, Tracr, arXiv:2301.05062).
 *
 * @throws `analysis-invalid` for a program that has no such transformer, one sentence each
 */
export function compile(program: RaspProgram, { rotation, ...sizes }: CompileOptions): Compiled {
  const operations = lower(program, sizes);
  const causal = program.attention === 'causal';
  const prompt = promptOf(program, sizes);
  checkAggregates(program, operations, prompt);
  const planned = plan(operations);
  const config = configOf(program, sizes, operations, planned);
  const writer = new WeightWriter(config);
  writeEmbeddings(writer, planned, operations, sizes);
  for (const head of planned.heads) writeHead(writer, planned, head);
  for (const table of planned.tables) writeTable(writer, planned, table);
  const output = operations.at(-1)!;
  for (const vocab of output.values.keys()) {
    writer.add('unembed.W_U', { model: planned.first.get(output)! + vocab, vocab }, LOGIT);
  }
  const axes = Array.from({ length: config.d_model }, (_, i) =>
    Float64Array.from({ length: config.d_model }, (_, j) => Number(i === j)),
  );
  const basis = rotation === undefined ? axes : randomBasis(config.d_model, config.d_model, rotation);
  if (rotation !== undefined) writer.turn(basis);
  return {
    name: program.name,
    title: program.title,
    config,
    weights: writer.weights,
    files: filesOf(program.name, config, writer.weights),
    values: Object.fromEntries(operations.map(({ name, values }) => [name, values])),
    encodings: Object.fromEntries(operations.map((one) => [one.name, isNumber(one) ? 'number' : 'one-hot'])),
    alignment: alignmentOf(planned, basis),
    program: interpret(operations, causal),
    prompt,
  };
}

function promptOf(program: RaspProgram, sizes: Sizes): Compiled['prompt'] {
  const { vocabulary, length } = sizes;
  const any = (next: () => number) => Array.from({ length }, () => Math.floor(next() * vocabulary));
  return (next) => {
    const ids = program.prompt?.(next, sizes) ?? any(next);
    if (ids.length === length && ids.every((id) => Number.isInteger(id) && id >= 0 && id < vocabulary)) {
      return [vocabulary, ...ids];
    }
    throw new FluoroscopeError(
      'analysis-invalid',
      `${program.name}: its prompt is ${ids.join(',')}, ${ids.length} tokens; expected ${length}, from 0 to ${vocabulary - 1}.`,
    );
  };
}

function checkAggregates(
  { name, attention }: RaspProgram,
  operations: readonly Operation[],
  prompt: Compiled['prompt'],
): void {
  const next = uniform(0);
  for (let i = 0; i < TRIED; i++) {
    const ids = prompt(next);
    const conflict = firstConflict(operations, attention === 'causal', ids);
    if (!conflict) continue;
    const where = `position ${conflict.pos - 1} of the prompt ${ids.slice(1).join(',')}`;
    throw new FluoroscopeError(
      'analysis-invalid',
      `${name}: the aggregate ${conflict.name} selects different values at ${where}, expected one; take their mean.`,
    );
  }
}

function configOf(
  { attention }: RaspProgram,
  { vocabulary, length }: Sizes,
  operations: readonly Operation[],
  { layers, n_heads, d_head, d_mlp, d_model }: Plan,
): ModelConfig {
  return {
    n_layers: layers,
    n_heads,
    d_model,
    d_head,
    d_mlp,
    d_vocab: vocabulary + 1,
    d_vocab_out: operations.at(-1)!.values.length,
    n_ctx: length + 1,
    act_fn: 'relu',
    normalization_type: null,
    attn_only: d_mlp === 0,
    attention_dir: attention,
    eps: 1e-5,
  };
}

/** The beginning token has its own direction, and no position. */
function writeEmbeddings(
  writer: WeightWriter,
  { first }: Plan,
  operations: readonly Operation[],
  { vocabulary }: Sizes,
): void {
  writer.add('embed.W_E', { vocab: vocabulary, model: BEGINNING }, 1);
  for (const operation of operations) {
    for (const code of operation.values.keys()) {
      const model = first.get(operation)! + code;
      if (operation.kind === 'tokens') writer.add('embed.W_E', { vocab: code, model }, 1);
      if (operation.kind === 'indices') writer.add('pos_embed.W_pos', { pos: code + 1, model }, 1);
    }
  }
}

function filesOf(name: string, config: ModelConfig, weights: ReadonlyMap<string, TensorData>): ModelFiles {
  const tensors = [...weights].map(
    ([weight, { shape, data }]) => ({ name: weight, dtype: 'F32', shape, data }) as const,
  );
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['model.safetensors', writeSafetensors(tensors)],
  ]);
  return { name, read: async (path) => files.get(path)?.slice() ?? null };
}
