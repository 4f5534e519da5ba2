import type { ReferenceModel } from '../../src/index';
import { FluoroscopeError, type Prompt } from '../../src/viewer';
import type { Runnable } from './prompt-runner';

/**
 * A model on the CPU, for passes that end soon.
 *
 * @param limit of a pass: weights times positions, which is about how many products it sums
 */
export function withinReach(model: ReferenceModel, limit: number): Runnable {
  const weights = Object.values(model.program(1, 1).tensors).filter(({ role, shares }) => role === 'weight' && !shares);
  const numbers = weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const positionsOf = (prompt: Prompt) => {
    return typeof prompt === 'string' ? (model.tokenizer?.encode(prompt).length ?? 0) : prompt.flat().length;
  };
  return {
    counters: model.counters,
    run: async (prompt, options) => {
      const positions = positionsOf(prompt);
      if (numbers * positions <= limit) return model.run(prompt, options);
      throw new FluoroscopeError('limit-exceeded', describeExcess(numbers, positions, limit));
    },
  };
}

function describeExcess(numbers: number, positions: number, limit: number): string {
  const most = Math.floor(limit / numbers).toLocaleString('en');
  return (
    `The prompt has ${positions} tokens, and on the CPU a pass of this model is given at most ${most}. ` +
    `Shorten it, or use a browser with WebGPU.`
  );
}
