import { FluoroscopeError } from './errors';
import { type ParsedConfig, readConfig } from './model/config';
import { endOfText } from './model/end-of-text';
import { readTokenizer } from './model/tokenizer';
import { weightTable } from './model/weight-table';
import { readWeights, type WeightOptions, weightSpecs } from './model/weights';
import { filesOf, type ModelSource } from './model-source';
import { LocalWalker } from './reference/local-walker';
import { ReferenceModel } from './reference/reference-model';
import { startWorker } from './reference/start-worker';
import { WorkerWalker } from './reference/worker-walker';
import { sizeOf } from './tensor/layout';

export interface ReferenceLoadOptions extends WeightOptions {
  /**
   * Whether passes are walked in a worker, so that the page stays free; true unless given. Where no worker can be had they
   * are walked here, with pauses between the steps: without a page, and where its rules (CSP) allow none.
   */
  readonly worker?: boolean;
  /** A model of more weights is refused before any of them is fetched. */
  readonly maxWeights?: number;
}

/**
 * Loads a model directory, as `loadModel` does, for passes in float64 on the CPU: it needs no WebGPU, and suits models of
 * a few million weights.
 *
 * @param source a directory's URL, a built-in model's name, picked files, or anything that reads files by path
 * @throws as `loadModel`, but for what only a GPU has to say; `limit-exceeded` for more than `maxWeights`
 */
export async function loadReferenceModel(
  source: ModelSource,
  { worker: wanted = true, maxWeights = Number.POSITIVE_INFINITY, ...read }: ReferenceLoadOptions = {},
): Promise<ReferenceModel> {
  const files = filesOf(source);
  const parsed = await readConfig(files, read);
  const { config } = parsed;
  refuseMoreThan(maxWeights, files.name, parsed);
  const tokenizer = await readTokenizer(files, read);
  const { weights, tied, sha256 } = await readWeights(parsed, files, read);
  const table = weightTable(config, tied, Number.POSITIVE_INFINITY);
  const held = { table, values: weights };
  const worker = wanted ? await startWorker(read.signal) : null;
  read.signal?.throwIfAborted();
  const walker = worker ? await WorkerWalker.load(worker, held) : new LocalWalker(held);
  const parts = {
    name: files.name,
    config,
    tokenizer,
    endOfText: endOfText(files, parsed, tokenizer, read),
    table,
    walker,
  };
  return new ReferenceModel({ ...parts, weightsHash: sha256 });
}

function refuseMoreThan(most: number, name: string, { config, layout, tied }: ParsedConfig): void {
  const specs = weightSpecs(config);
  if (layout === 'gpt2') {
    specs.delete('unembed.b_U'); // GPT-2 has none,
    if (tied !== false) specs.delete('unembed.W_U'); // nor, where it is the embedding, a matrix of its own.
  }
  const count = [...specs.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (count <= most) return;
  const [has, given] = [count, most].map((value) => value.toLocaleString('en'));
  throw new FluoroscopeError(
    'limit-exceeded',
    `${name} has ${has} weights, and on the CPU it is given at most ${given}.`,
  );
}
