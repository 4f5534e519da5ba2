import { random } from '../kernels/numbers';

/**
 * Prompts for the induction fixture: '<bos>' (0), a segment of distinct tokens, and the same segment again; corrupted, the
 * first segment has other tokens, so that there is nothing to copy.
 */
export function repeats(count: number, length: number, seed = 5): { clean: number[][]; corrupted: number[][] } {
  const next = random(seed);
  const pairs = Array.from({ length: count }, () => {
    const tokens = Array.from({ length: 64 }, (_, i) => i + 1);
    for (let i = tokens.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [tokens[i], tokens[j]] = [tokens[j]!, tokens[i]!];
    }
    const [segment, other] = [tokens.slice(0, length), tokens.slice(length, 2 * length)];
    return { clean: [0, ...segment, ...segment], corrupted: [0, ...other, ...segment] };
  });
  return { clean: pairs.map(({ clean }) => clean), corrupted: pairs.map(({ corrupted }) => corrupted) };
}

/** `[from, to)` of the positions that predict the second segment from its second token on. */
export const predictable = (length: number): readonly [number, number] => [length + 1, 2 * length];
