import { readConfig } from './model/config';
import type { ReadOptions } from './model/files';
import { readTokenizer } from './model/tokenizer';
import { weightTable } from './model/weight-table';
import { readWeights } from './model/weights';
import { filesOf, type ModelSource } from './model-source';
import { LocalWalker } from './reference/local-walker';
import { ReferenceModel } from './reference/reference-model';

export type ReferenceLoadOptions = ReadOptions;

/**
 * Loads a model directory, as `loadModel` does, for passes in float64 on the CPU: it needs no WebGPU, and suits models of
 * a few million weights.
 *
 * @param source a directory's URL, a built-in model's name, picked files, or anything that reads files by path
 * @throws as `loadModel`, but for what only a GPU has to say
 */
export async function loadReferenceModel(
  source: ModelSource,
  { ...read }: ReferenceLoadOptions = {},
): Promise<ReferenceModel> {
  const files = filesOf(source);
  const parsed = await readConfig(files, read);
  const { config } = parsed;
  const tokenizer = await readTokenizer(files, read);
  const { weights, tied, sha256 } = await readWeights(parsed, files, read);
  read.signal?.throwIfAborted();
  const table = weightTable(config, tied, Number.POSITIVE_INFINITY);
  const walker = new LocalWalker({ table, values: weights });
  return new ReferenceModel({ name: files.name, config, tokenizer, weightsHash: sha256, table, walker });
}
