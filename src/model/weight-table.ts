import { FluoroscopeError } from '../errors';
import { sizeOf } from '../tensor/layout';
import type { ModelConfig } from './config';
import type { WeightTable } from './transformer';
import { weightSpecs } from './weights';

/** What a model's matrices are held in on the GPU; biases, gains and all that is computed are f32. */
export type Precision = 'f32' | 'f16';

const BYTES: Readonly<Record<Precision, number>> = { f32: 4, f16: 2 };

/**
 * The weights as the GPU holds them: those whose rows run over the vocabulary in parts of at most `maxBytes`, the tied
 * unembedding in the embedding's memory.
 *
 * @param maxBytes what one binding may hold
 * @param precision what matrices are held in
 * @throws `limit-exceeded` for any other weight that is larger
 */
export function weightTable(
  config: ModelConfig,
  tied: boolean,
  maxBytes: number,
  precision: Precision = 'f32',
): WeightTable {
  const table: Record<string, WeightTable[string]> = {};
  const together = queriesKeysValues(config, maxBytes, precision);
  const specs = weightSpecs(config);
  const rowsPerPart = Math.floor(maxBytes / (BYTES[precision] * config.d_model));
  for (const [name, { axes, shape, stored, bias }] of specs) {
    const half = precision === 'f16' && !bias && shape.length > 1;
    const weight = { axes, shape, ...(stored && { stored }), ...(half && { precision }) };
    const shares = tied && name === 'unembed.W_U' ? 'embed.W_E' : undefined;
    const rows = shape[axes.indexOf('vocab')];
    const split = rows !== undefined && rows > rowsPerPart;
    if (!split) {
      const bytes = BYTES[half ? 'f16' : 'f32'] * sizeOf(shape);
      if (bytes > maxBytes) {
        throw new FluoroscopeError(
          'limit-exceeded',
          `${name} binds ${bytes} bytes; this device offers ${maxBytes} (maxStorageBufferBindingSize).`,
        );
      }
      const within = together(name, shape);
      table[name] = { ...weight, ...(shares && { shares }), ...(within && { within }) };
      continue;
    }
    for (let from = 0; from < rows; from += rowsPerPart) {
      const to = Math.min(from + rowsPerPart, rows);
      const suffix = `[${from}:${to}]`;
      table[`${name}${suffix}`] = {
        ...weight,
        shape: shape.map((size, i) => (axes[i] === 'vocab' ? to - from : size)),
        part: { of: name, from, to },
        ...(shares && { shares: `${shares}${suffix}` }),
      };
    }
  }
  return table;
}

/** Elements between the places where parts of a buffer may begin (WebGPU's default minStorageBufferOffsetAlignment), of f16 too. */
const SPACING = 256 / BYTES.f16;

/** Elements that a weight takes in a buffer with others: the next begins where a binding may. */
export function spaced(shape: readonly number[]): number {
  return Math.ceil(sizeOf(shape) / SPACING) * SPACING;
}

/** W_Q, W_K and W_V of a layer lie one after another, and their biases, so that one dispatch can read all three. */
function queriesKeysValues({ n_heads, d_head, d_model }: ModelConfig, maxBytes: number, precision: Precision) {
  const fits = 3 * BYTES[precision] * spaced([d_model, n_heads, d_head]) <= maxBytes;
  return (name: string, shape: readonly number[]): WeightTable[string]['within'] => {
    const [, layer, kind, letter] = /^(blocks\.\d+\.attn)\.([Wb])_([QKV])$/.exec(name) ?? [];
    if (!layer || !fits) return undefined;
    return { buffer: `${layer}.${kind}_QKV`, offset: 'QKV'.indexOf(letter!) * spaced(shape) };
  };
}
