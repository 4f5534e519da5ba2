/** What ends a model's texts. */
import { fieldsOf, type ParsedConfig } from './config';
import { type ModelFiles, type ReadOptions, readJson } from './files';
import type { Tokenizer } from './tokenizer';

/**
 * Tokens that end a model's texts: what generation_config.json says, which only Hugging Face's directories have, or else
 * config.json, or else the tokenizer. The first text asks for that file, and not the load: most directories lack it, and a browser logs
 * what is missing in red.
 *
 * @throws FluoroscopeError 'json-invalid', 'config-invalid', and what `files.read` throws
 */
export function endOfText(
  files: ModelFiles,
  parsed: Pick<ParsedConfig, 'layout' | 'endOfText'>,
  tokenizer: Tokenizer | null,
  options: Pick<ReadOptions, 'cache'>,
): () => Promise<readonly number[]> {
  let read: Promise<readonly number[]> | null = null;
  const path = 'generation_config.json';
  const reading = async () => {
    const json = parsed.layout === 'gpt2' ? await readJson(files, path, options) : null;
    const ids = json === null ? null : fieldsOf(json, `${files.name}/${path}`).ids('eos_token_id');
    return ids ?? parsed.endOfText ?? [tokenizer?.endOfText ?? []].flat();
  };
  const again = (error: unknown) => {
    read = null; // The next text may find the network back.
    throw error;
  };
  return () => (read ??= reading().catch(again));
}
