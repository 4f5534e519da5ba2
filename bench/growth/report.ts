/** What `npm run bench:growth` finds: how time and memory of a pass grow. */
import type { Term } from './fit';

export type Along = 'tokens' | 'width' | 'layers';

export interface GrowthPoint {
  readonly at: number;
  readonly rounds: number;
  readonly minMs: number;
  readonly medianMs: number;
  /** Floating-point operations of the pass, as its dispatches count them. */
  readonly flops: number;
  /** Beside the weights, in bytes: as the formula says, and as the device was asked for. */
  readonly memory: Readonly<Record<Kept, { readonly formula: number; readonly counted: number }>>;
}

export type Kept = 'all' | 'checkpoints';

export interface GrowthSeries {
  readonly along: Along;
  readonly points: readonly GrowthPoint[];
  /** Of the least times, in ms. */
  readonly time: readonly Term[];
  /** The share of the times' variance that the fit explains, and its largest error as a share of the time there. */
  readonly explained: number;
  readonly worst: number;
}

export interface GrowthReport {
  readonly adapter: string;
  readonly base: {
    readonly layers: number;
    readonly width: number;
    readonly heads: number;
    readonly vocab: number;
    readonly tokens: number;
  };
  readonly series: readonly GrowthSeries[];
}
