import { ByteLevelDecoder, Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { FluoroscopeError } from '../errors';
import { show } from '../tensor/show';
import type { Tokenizer } from './tokenizer';

/** @param where names the file in errors. @throws FluoroscopeError 'tokenizer-invalid' */
export function parseTokenizer(json: unknown, config: unknown, where: string): Tokenizer {
  let tokenizer: HuggingFaceTokenizer;
  try {
    // The library takes some models' unknown token from the second file; the first is where it is said for all.
    const { unk_token } = (json as { model?: { unk_token?: unknown } }).model ?? {};
    tokenizer = new HuggingFaceTokenizer(
      json as object,
      unk_token ? { ...(config as object), unk_token } : (config as object),
    );
  } catch (cause) {
    const why = `${where} cannot be used: ${(cause as Error).message}; expected a file of the tokenizers library`;
    throw new FluoroscopeError('tokenizer-invalid', why, { cause });
  }
  return new CheckedTokenizer(tokenizer, where, endOf(tokenizer, config));
}

function endOf(tokenizer: HuggingFaceTokenizer, config: unknown): number | null {
  const { eos_token: given } = config as { eos_token?: unknown };
  const text = typeof given === 'object' && given !== null ? (given as { content?: unknown }).content : given;
  if (typeof text === 'string') return tokenizer.token_to_id(text) ?? null;
  const added = [...tokenizer.get_added_tokens_decoder()].find(([, { content }]) => content === '<|endoftext|>');
  return added?.[0] ?? null;
}

class CheckedTokenizer implements Tokenizer {
  readonly #added: ReadonlySet<number>;
  /** Which byte each character of a byte-level vocabulary stands for; null in other vocabularies. */
  readonly #byteOf: Readonly<Record<string, number>> | null;

  constructor(
    private readonly tokenizer: HuggingFaceTokenizer,
    private readonly where: string,
    readonly endOfText: number | null,
  ) {
    this.#added = new Set(tokenizer.get_added_tokens_decoder().keys());
    this.#byteOf = tokenizer.decoder instanceof ByteLevelDecoder ? tokenizer.decoder.byte_decoder : null;
  }

  encode(text: string): number[] {
    const ids = this.#ids(text);
    // A vocabulary without a token for what it lacks drops it without a word. Only a tokenizer that keeps each byte
    // can be held to giving the text back.
    const lossless = this.#byteOf !== null && this.tokenizer.normalizer === null;
    if (lossless && this.decode(ids) !== text) {
      // Ends with: some tokenizers put a space before a text.
      const lost = [...text].find((character) => !this.decode(this.#ids(character)).endsWith(character));
      if (lost !== undefined) this.#refuse(`has no token for ${show(lost)}, which the text holds`);
    }
    return ids;
  }

  decode(ids: readonly number[]): string {
    for (const id of ids) {
      if (this.tokenizer.id_to_token(id) === undefined) this.#refuse(`has no token with the id ${id}`);
    }
    if (ids.length === 0) return '';
    return this.tokenizer.decode([...ids], { clean_up_tokenization_spaces: false });
  }

  token(id: number): string {
    const piece = this.tokenizer.id_to_token(id);
    if (piece === undefined) return `[${id}]`;
    if (this.#added.has(id)) return piece;
    if (this.#byteOf === null) return piece.replaceAll('▁', ' '); // the space of SentencePiece vocabularies
    const bytes = Uint8Array.from(piece, (character) => this.#byteOf![character]!);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      const hex = (byte: number) => `\\x${byte.toString(16).toUpperCase()}`;
      return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : hex(byte))).join('');
    }
  }

  #ids(text: string): number[] {
    const { ids, tokens } = this.tokenizer.encode(text, { add_special_tokens: false });
    // Despite its type the library gives undefined where there is neither such a token nor one for the unknown.
    const unknown = (ids as (number | undefined)[]).indexOf(undefined);
    if (unknown >= 0) this.#refuse(`has no token for ${show(tokens[unknown])}, which the text holds`);
    return ids;
  }

  #refuse(why: string): never {
    throw new FluoroscopeError('token-invalid', `${this.where} ${why}`);
  }
}
