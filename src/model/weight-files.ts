/** The one or several safetensors files that hold a model's weights. */
import { FluoroscopeError } from '../errors';
import type { SafetensorsFile, SafetensorsHeader, StoredTensor } from '../tensor/safetensors';
import { cut, show } from '../tensor/show';
import { type ModelFiles, type ReadOptions, readJson, streamFile } from './files';
import { digest, hex, unhex } from './sha256';
import { TensorSink } from './tensor-sink';

/** Tensors by name. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

export interface WeightFilesTaker {
  /**
   * What one file holds, before any of it comes; once more where it begins again.
   * @param all names of the tensors of all files
   */
  opened(tensors: StoredTensors, all: ReadonlySet<string>): void;
  /** @param file holds this one tensor. */
  take(tensor: string, file: SafetensorsFile): void | Promise<void>;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * Reads all tensors, one after another, holding one at a time.
 * @returns SHA-256 of the file's bytes, hexadecimal; of several, over their raw hashes in the order of the files' names
 * @throws FluoroscopeError 'file-missing', 'json-invalid', 'safetensors-invalid', 'weights-mismatch' where an index and
 * its files contradict each other, what `files.stream` or `files.read` throws, and what the taker throws.
 */
export async function takeWeights(files: ModelFiles, taker: WeightFilesTaker, options?: ReadOptions): Promise<string> {
  const single = await takeFile(
    files,
    SINGLE,
    (header) => taker.opened(header.tensors, new Set(header.tensors.keys())),
    taker,
    options,
  );
  if (single !== null) return single;
  const index = await readJson(files, INDEX, options);
  if (index !== null) return takeShards(files, checkIndex(index, `${files.name}/${INDEX}`), taker, options);
  const cure = 'weights in other formats (.bin, .pt, .gguf) must be converted first';
  throw new FluoroscopeError('file-missing', `${files.name} has neither ${SINGLE} nor ${INDEX}; ${cure}`);
}

async function takeFile(
  files: ModelFiles,
  path: string,
  opened: (header: SafetensorsHeader) => void,
  { take }: WeightFilesTaker,
  options: ReadOptions | undefined,
): Promise<string | null> {
  const sink = new TensorSink(`${files.name}/${path}`, { opened, take });
  const hash = await streamFile(files, path, sink, options);
  if (hash === null) return null;
  try {
    await sink.end();
  } catch (error) {
    await files.forget?.(path);
    throw error;
  }
  return hash;
}

/** @param shardOf the name of each tensor's file. Each file is read once. */
async function takeShards(
  files: ModelFiles,
  shardOf: ReadonlyMap<string, string>,
  taker: WeightFilesTaker,
  options: ReadOptions | undefined,
): Promise<string> {
  const all = new Set(shardOf.keys());
  const found = new Set<string>();
  const hashes: Uint8Array<ArrayBuffer>[] = [];
  for (const shard of [...new Set(shardOf.values())].sort()) {
    const opened = ({ tensors }: SafetensorsHeader) => {
      const misplaced = [...tensors.keys()].filter((tensor) => shardOf.get(tensor) !== shard);
      const problem = (tensor: string) => `${tensor} is in ${shard}, expected in ${shardOf.get(tensor) ?? 'no file'}`;
      refuseProblems(files.name, INDEX, misplaced.map(problem));
      for (const tensor of tensors.keys()) found.add(tensor);
      taker.opened(tensors, all);
    };
    const hash = await takeFile(files, shard, opened, taker, options);
    if (hash === null) {
      throw new FluoroscopeError('file-missing', `${files.name} has no ${cut(shard)}, which ${INDEX} names`);
    }
    hashes.push(unhex(hash));
  }
  const lacking = [...shardOf].filter(([tensor]) => !found.has(tensor));
  const problems = lacking.map(([tensor, shard]) => `${tensor} is in no file, expected in ${shard}`);
  refuseProblems(files.name, INDEX, problems);
  return hex(await digest(await new Blob(hashes).arrayBuffer()));
}

/** One error for all that is wrong with a model's weights; none where nothing is. */
export function refuseProblems(name: string, plan: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : '';
  const list = problems
    .slice(0, 10)
    .map((problem) => cut(problem, 300))
    .join('; ');
  throw new FluoroscopeError('weights-mismatch', `${name}: the weights do not fit ${plan}: ${list}${more}`);
}

function checkIndex(index: unknown, where: string): Map<string, string> {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new FluoroscopeError(
      'json-invalid',
      `${where}: weight_map is ${show(map)}, expected an object of file names`,
    );
  }
  for (const [tensor, shard] of Object.entries(map)) {
    // A file of this directory: no other folder, no other host.
    if (typeof shard === 'string' && /^[\w-][\w.-]*\.safetensors$/.test(shard)) continue;
    const expected = 'expected the name of a .safetensors file beside it';
    throw new FluoroscopeError('json-invalid', `${where}: ${show(tensor)} is in ${show(shard)}, ${expected}`);
  }
  return new Map(Object.entries(map as Record<string, string>));
}
