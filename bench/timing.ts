export interface Times {
  readonly rounds: number;
  readonly minMs: number;
  readonly medianMs: number;
}

/** Times several things in turn, round after round, so that what slows the machine slows all; one unmeasured round first. */
export async function interleaved(
  things: readonly (() => Promise<void>)[],
  rounds: number,
  units: readonly number[] = things.map(() => 1),
): Promise<Times[]> {
  const times: number[][] = things.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, thing] of things.entries()) {
      const start = performance.now();
      await thing();
      if (round >= 0) times[i]!.push((performance.now() - start) / units[i]!);
    }
  }
  return times.map((list) => ({ rounds, minMs: Math.min(...list), medianMs: median(list) }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
