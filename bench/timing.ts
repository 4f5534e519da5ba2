export interface Times {
  readonly rounds: number;
  readonly minMs: number;
  readonly medianMs: number;
  /** In the order of the rounds. */
  readonly ms: readonly number[];
}

/**
 * Times several things in turn, round after round, so that what slows the machine slows all; every
 * other round backwards, and one unmeasured round first.
 */
export async function interleaved(
  things: readonly (() => Promise<void>)[],
  rounds: number,
  units: readonly number[] = things.map(() => 1),
): Promise<Times[]> {
  const times: number[][] = things.map(() => []);
  for (let round = -1; round < rounds; round++) {
    const order = [...things.entries()];
    for (const [i, thing] of round % 2 === 0 ? order : order.reverse()) {
      const start = performance.now();
      await thing();
      if (round >= 0) times[i]!.push((performance.now() - start) / units[i]!);
    }
  }
  return times.map(timesOf);
}

export function timesOf(ms: readonly number[]): Times {
  return { rounds: ms.length, minMs: Math.min(...ms), medianMs: median(ms), ms };
}

/** The median over the rounds of what one thing took to what another took in the same round. */
export function medianRatio(a: Times, b: Times): number {
  return median(a.ms.map((ms, round) => ms / b.ms[round]!));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
