/** The one or several safetensors files that hold a model's weights. */
import { FluoroscopeError } from '../errors';
import { parseSafetensors, type SafetensorsFile } from '../tensor/safetensors';
import { cut, show } from '../tensor/show';
import { type ModelFiles, type ReadOptions, readJson } from './files';
import { digest, hex, sha256 } from './sha256';

/** For each stored tensor the file that holds it. */
export type StoredWeights = ReadonlyMap<string, SafetensorsFile>;

export interface OpenedWeights {
  readonly stored: StoredWeights;
  /** Of the file's bytes, hexadecimal; of several, over their raw hashes in the order of the files' names. */
  readonly sha256: string;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * @throws FluoroscopeError 'file-missing', 'json-invalid', 'safetensors-invalid', 'weights-mismatch' where an index and
 * its files contradict each other, and what `files.read` throws.
 */
export async function openWeights(files: ModelFiles, options?: ReadOptions): Promise<OpenedWeights> {
  const bytes = await files.read(SINGLE, options);
  if (bytes) {
    const file = parseSafetensors(bytes, `${files.name}/${SINGLE}`);
    const stored = new Map([...file.tensors.keys()].map((tensor) => [tensor, file]));
    return { stored, sha256: await sha256(bytes) };
  }
  const index = await readJson(files, INDEX, options);
  if (index !== null) return openShards(files, checkIndex(index, `${files.name}/${INDEX}`), options);
  const cure = 'weights in other formats (.bin, .pt, .gguf) must be converted first';
  throw new FluoroscopeError('file-missing', `${files.name} has neither ${SINGLE} nor ${INDEX}; ${cure}`);
}

/** @param shardOf the name of each tensor's file. Each file is read once. */
async function openShards(
  files: ModelFiles,
  shardOf: ReadonlyMap<string, string>,
  options?: ReadOptions,
): Promise<OpenedWeights> {
  const stored = new Map<string, SafetensorsFile>();
  const found = new Set<string>();
  const problems: string[] = [];
  const hashes: Uint8Array<ArrayBuffer>[] = [];
  for (const shard of [...new Set(shardOf.values())].sort()) {
    const bytes = await files.read(shard, options);
    if (!bytes) throw new FluoroscopeError('file-missing', `${files.name} has no ${cut(shard)}, which ${INDEX} names`);
    const file = parseSafetensors(bytes, `${files.name}/${shard}`);
    hashes.push(await digest(bytes));
    for (const tensor of file.tensors.keys()) {
      const expected = shardOf.get(tensor);
      if (expected === shard) stored.set(tensor, file);
      else problems.push(`${tensor} is in ${shard}, expected in ${expected ?? 'no file'}`);
      found.add(tensor);
    }
  }
  for (const [tensor, shard] of shardOf) {
    if (!found.has(tensor)) problems.push(`${tensor} is in no file, expected in ${shard}`);
  }
  refuseProblems(files.name, INDEX, problems);
  return { stored, sha256: hex(await digest(await new Blob(hashes).arrayBuffer())) };
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
