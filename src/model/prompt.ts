import { FluoroscopeError } from '../errors';
import type { ModelConfig } from './config';
import type { Tokenizer } from './tokenizer';

/** Text, one list of token ids, or a batch of lists of equal length. */
export type Prompt = string | readonly number[] | readonly (readonly number[])[];

/**
 * Token ids [batch][pos], checked against the model.
 *
 * @throws `prompt-empty`, `prompt-too-long`, `prompt-ragged`, `token-invalid`, `no-tokenizer`, `usage`
 */
export function tokensOf(prompt: Prompt, config: ModelConfig, tokenizer: Tokenizer | null): number[][] {
  const batch = listsOf(prompt, tokenizer);
  const pos = batch[0]?.length ?? 0;
  batch.forEach((ids, b) => {
    const where = batch.length > 1 ? `Prompt ${b}` : 'The prompt';
    if (ids.length === 0) throw new FluoroscopeError('prompt-empty', `${where} is empty: give at least one token.`);
    if (ids.length > config.n_ctx) {
      throw new FluoroscopeError(
        'prompt-too-long',
        `${where} has ${counted(ids.length)}; this model's context holds ${config.n_ctx}. Shorten it.`,
      );
    }
    if (ids.length !== pos) {
      throw new FluoroscopeError(
        'prompt-ragged',
        `${where} has ${counted(ids.length)}, prompt 0 has ${pos}: those of one batch must be equally long.`,
      );
    }
    ids.forEach((id, p) => {
      if (Number.isInteger(id) && id >= 0 && id < config.d_vocab) return;
      throw new FluoroscopeError(
        'token-invalid',
        `${where}, pos ${p}: token id ${id} is no whole number from 0 to ${config.d_vocab - 1}.`,
      );
    });
  });
  if (batch.length === 0) throw new FluoroscopeError('prompt-empty', 'The batch is empty: give at least one prompt.');
  return batch;
}

const counted = (tokens: number) => (tokens === 1 ? '1 token' : `${tokens} tokens`);

function listsOf(prompt: Prompt, tokenizer: Tokenizer | null): number[][] {
  if (typeof prompt === 'string') {
    if (!tokenizer) {
      throw new FluoroscopeError('no-tokenizer', 'This model has no tokenizer.json, so it takes token ids, not text.');
    }
    return [tokenizer.encode(prompt)];
  }
  if (!Array.isArray(prompt)) {
    throw new FluoroscopeError(
      'usage',
      `The prompt is ${prompt}, expected text, token ids or a batch of lists of ids.`,
    );
  }
  const nested = prompt.length > 0 && prompt.every((entry) => Array.isArray(entry));
  return (nested ? (prompt as readonly (readonly number[])[]) : [prompt as readonly number[]]).map((ids) => [...ids]);
}
