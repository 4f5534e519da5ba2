import { FluoroscopeError } from '../errors';
import { sizeOf } from '../tensor/layout';
import type { ModelConfig } from './config';
import type { WeightTable } from './transformer';
import { weightSpecs } from './weights';

/**
 * The weights as the GPU holds them: those whose rows run over the vocabulary in parts of at most `maxBytes`, the tied
 * unembedding in the embedding's memory.
 *
 * @param maxBytes what one binding may hold
 * @throws `limit-exceeded` for any other weight that is larger
 */
export function weightTable(config: ModelConfig, tied: boolean, maxBytes: number): WeightTable {
  const table: Record<string, WeightTable[string]> = {};
  const specs = weightSpecs(config);
  const rowsPerPart = Math.floor(maxBytes / (4 * config.d_model));
  for (const [name, { axes, shape, stored }] of specs) {
    const weight = { axes, shape, ...(stored && { stored }) };
    const shares = tied && name === 'unembed.W_U' ? 'embed.W_E' : undefined;
    const rows = shape[axes.indexOf('vocab')];
    const split = rows !== undefined && rows > rowsPerPart;
    if (!split) {
      const bytes = 4 * sizeOf(shape);
      if (bytes > maxBytes) {
        throw new FluoroscopeError(
          'limit-exceeded',
          `${name} binds ${bytes} bytes; this device offers ${maxBytes} (maxStorageBufferBindingSize).`,
        );
      }
      table[name] = { ...weight, ...(shares && { shares }) };
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
