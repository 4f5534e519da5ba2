/** MODEL on the command line: where its files are, and what can be said of a prompt before any GPU is started. */
import { join } from 'node:path';
import { builtInModels } from '../built-in';
import { FluoroscopeError } from '../errors';
import { type ModelConfig, readConfig } from '../model/config';
import { type ModelFiles, urlFiles } from '../model/files';
import { type Prompt, tokensOf } from '../model/prompt';
import { readTokenizer, type Tokenizer } from '../model/tokenizer';
import { isDirectory, localFiles } from './local-files';
import { packageRoot } from './package-root';

/** A built-in name comes before a directory of that name, which `./name` means. @throws `usage`, `file-missing` */
export function modelFiles(model: string): ModelFiles {
  if (builtInModels.some((name) => name === model)) return localFiles(join(packageRoot(), 'fixtures', model));
  if (/^[a-z]+:\/\//i.test(model)) return urlFiles(model);
  if (isDirectory(model)) return localFiles(model);
  const expected = `a directory, a URL or a built-in model (${builtInModels.join(', ')})`;
  throw new FluoroscopeError('file-missing', `${model || 'MODEL'} is no model: expected ${expected}.`);
}

/** Tells of long reads, and ends them when the signal says so. */
export function reporting(files: ModelFiles, report: (line: string) => void, signal: AbortSignal): ModelFiles {
  return {
    name: files.name,
    read: (path, options) =>
      files.read(path, {
        ...options,
        signal,
        onProgress: ({ received, total }) => {
          report(`reading ${path}: ${megabytes(received)}${total === null ? '' : ` of ${megabytes(total)}`} MB`);
        },
      }),
  };
}

/** Keeps the paths of the files that were there. */
export function remembering(files: ModelFiles, read: Set<string>): ModelFiles {
  return {
    name: files.name,
    read: async (path, options) => {
      const bytes = await files.read(path, options);
      if (bytes) read.add(path);
      return bytes;
    },
  };
}

/** A model as far as it is known before any GPU is started. */
export interface PreparedModel {
  /** The prompt's token ids [batch][pos]; empty where there is no prompt. */
  readonly tokens: number[][];
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer | null;
  /** Of a further prompt. @throws as `tokensOf` */
  readonly encode: (prompt: Prompt) => number[][];
  /** Those kept that were read already. */
  readonly files: ModelFiles;
}

/**
 * @param cut whether the prompt may be longer than the context
 * @throws as `readConfig`, `readTokenizer` and `tokensOf`
 */
export async function prepare(files: ModelFiles, prompt: Prompt | null, cut = false): Promise<PreparedModel> {
  const kept = new Map<string, Uint8Array<ArrayBuffer> | null>();
  const keeping: ModelFiles = {
    name: files.name,
    async read(path, options) {
      const bytes = await files.read(path, options);
      kept.set(path, bytes);
      return bytes;
    },
  };
  const { config } = await readConfig(keeping);
  const tokenizer = await readTokenizer(keeping);
  const encode = (prompt: Prompt) => tokensOf(prompt, config, tokenizer);
  const read: ModelFiles['read'] = async (path, options) => kept.get(path) ?? files.read(path, options);
  const n_ctx = cut ? Number.MAX_SAFE_INTEGER : config.n_ctx;
  const tokens = prompt === null ? [] : tokensOf(prompt, { ...config, n_ctx }, tokenizer);
  return { tokens, config, tokenizer, encode, files: { name: files.name, read } };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
