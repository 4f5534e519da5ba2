import { FluoroscopeError } from '../errors';
import type { RunnableModel } from './runnable';

/** What a model's tokens are called, and how many there are. */
export interface TokenNames extends Pick<RunnableModel, 'name' | 'tokenizer'> {
  readonly config: Pick<RunnableModel['config'], 'd_vocab' | 'd_vocab_out'>;
}

/** A token by its id, or by text that is exactly one token. */
export type Token = number | string;

/**
 * An index as a whole number from 0; −1 is the last.
 *
 * @throws `slice-invalid`
 */
export function indexOf(what: 'layer' | 'head' | 'neuron' | 'pos' | 'batch', index: number, size: number): number {
  if (Number.isInteger(index) && index >= -size && index < size) return index < 0 ? index + size : index;
  const range = size > 0 ? `give 0 to ${size - 1}, or −1 for the last` : 'there is none';
  throw new FluoroscopeError('slice-invalid', `${what} ${index} is outside the size of ${size}: ${range}.`);
}

/** @throws `slice-invalid` */
export function layerOf(model: RunnableModel, layer: number): number {
  return indexOf('layer', layer, model.config.n_layers);
}

/** @throws `slice-invalid` */
export function headOf(model: RunnableModel, head: number): number {
  return indexOf('head', head, model.config.n_heads);
}

/** @throws `analysis-invalid` where the model has no MLPs; `slice-invalid` */
export function neuronLayerOf(model: RunnableModel, layer: number): number {
  if (model.config.attn_only) {
    throw new FluoroscopeError(
      'analysis-invalid',
      `${model.name} is attention-only: it has no MLPs and so no neurons. Ask for its heads.`,
    );
  }
  return layerOf(model, layer);
}

/**
 * @param side an input token, looked up in the embedding, or an output one, a logit
 * @throws `token-invalid`, `no-tokenizer`
 */
export function tokenId(model: TokenNames, token: Token, side: 'input' | 'output'): number {
  const size = side === 'input' ? model.config.d_vocab : model.config.d_vocab_out;
  const id = typeof token === 'string' ? onlyToken(model, token) : token;
  if (Number.isInteger(id) && id >= 0 && id < size) return id;
  const what = side === 'input' ? 'tokens' : 'logits';
  throw new FluoroscopeError(
    'token-invalid',
    `token ${JSON.stringify(token)} is outside this model's ${size} ${what}: give a whole number from 0 to ${size - 1}.`,
  );
}

function onlyToken(model: TokenNames, text: string): number {
  if (!model.tokenizer) {
    throw new FluoroscopeError(
      'no-tokenizer',
      `${model.name} has no tokenizer.json, so ${JSON.stringify(text)} has no id: give the token's number.`,
    );
  }
  const ids = model.tokenizer.encode(text);
  if (ids.length === 1) return ids[0]!;
  const pieces = ids.map((id) => JSON.stringify(model.tokenizer!.token(id))).join(', ');
  throw new FluoroscopeError(
    'token-invalid',
    `${JSON.stringify(text)} is ${ids.length} tokens (${pieces}), expected exactly one.`,
  );
}

/** A token as text, for display. */
export function textOf(model: RunnableModel, token: number): string {
  return model.tokenizer?.token(token) ?? String(token);
}
