/** What a race comes to. It names no peer, so that the site, which is drawn without them, can read one that was kept. */
import type { Times } from '../timing';
import type { ProductShape } from './products-shapes';
import type { Shape } from './shapes';

export interface RaceRow extends Times {
  readonly name: string;
  readonly version: string;
  /** Largest difference of what is read back, the last row, to ours, over the largest of it. */
  readonly difference: number;
  /** How many times our time it takes: the median over the rounds, each of which ran all in turn. */
  readonly ratio: number;
  readonly gflops: number;
}

export interface Raced<S> {
  readonly shape: S;
  readonly gflop: number;
  readonly rows: readonly RaceRow[];
}

export interface RaceReport {
  readonly adapter: string;
  readonly races: readonly Raced<Shape>[];
  readonly products: readonly Raced<ProductShape>[];
}
