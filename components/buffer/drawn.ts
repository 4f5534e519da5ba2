/** What is worked out once for what is shown, and not again for a pointer that moves. */
import type { TokenAt } from './axes';
import type { Coloring } from './paint-cells';
import type { Buffer } from './read-buffer';

export interface Drawn {
  readonly buffer: Buffer;
  readonly bits: boolean;
  readonly coloring: Coloring;
  readonly tokenAt: TokenAt;
  readonly rowLabel: (row: number) => string;
  readonly colLabel: (col: number) => string;
  /** What it is worked out of. */
  readonly key: readonly unknown[];
}
