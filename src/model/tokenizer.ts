/** Text to token ids and back, by a model's tokenizer.json. */
import { type ModelFiles, type ReadOptions, readJson } from './files';

export interface Tokenizer {
  /**
   * The ids of exactly this text. No special token is added, at either end, whatever tokenizer.json's post-processor
   * or tokenizer_config.json say (TransformerLens would begin with `<|endoftext|>`): who wants one writes it, and
   * `<|endoftext|>` within the text does become its one id.
   * @throws FluoroscopeError 'token-invalid' naming the character or word that the vocabulary has no token for.
   */
  encode(text: string): number[];
  /** Special tokens and spaces come out as they are. @throws FluoroscopeError 'token-invalid' for an unknown id. */
  decode(ids: readonly number[]): string;
  /**
   * One token for display, spaces and line breaks as they are. Bytes that are no whole characters come as `\xE2`, an id
   * that the vocabulary lacks as `[50300]`; never throws.
   */
  token(id: number): string;
  /** What ends a text: tokenizer_config.json's `eos_token`, else `<|endoftext|>` where there is such a special token. */
  readonly endOfText: number | null;
}

/**
 * Reads tokenizer.json and, where there is one, tokenizer_config.json.
 * @returns null where the model has no tokenizer.
 * @throws FluoroscopeError 'tokenizer-invalid', 'json-invalid', and what `files.read` throws.
 */
export async function readTokenizer(files: ModelFiles, options?: ReadOptions): Promise<Tokenizer | null> {
  const json = await readJson(files, 'tokenizer.json', options);
  if (json === null) return null;
  const [config, { parseTokenizer }] = await Promise.all([
    readJson(files, 'tokenizer_config.json', options),
    import('./parse-tokenizer'), // A library that models without a text do without.
  ]);
  return parseTokenizer(json, config ?? {}, `${files.name}/tokenizer.json`);
}
