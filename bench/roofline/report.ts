/** What the roofline comes to. It names no GPU code, so that the site can read one that was kept. */
import type { Precision } from '../../src/model/weight-table';

export interface Product {
  readonly kernel: string;
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly precision: Precision;
  readonly variant: string;
  readonly ms: number;
  /** Floating-point operations and bytes of its operands per second, each counted once. */
  readonly gflops: number;
  readonly gbytes: number;
}

export interface PassTime {
  readonly shape: string;
  readonly precision: Precision;
  readonly tokens: number;
  /** Every value kept; from `run` to the end of the GPU's work. */
  readonly ms: number;
  /** What the ceilings allow: for each dispatch the longer of its arithmetic and its traffic, with nothing cached. */
  readonly rooflineMs: number;
}

export interface RooflineReport {
  readonly adapter: string;
  readonly ceilings: {
    /** 10⁹ bytes read and written a second by a copy from buffer to buffer. */
    readonly copy: number;
    /** 10⁹ floating-point operations a second: of multiply-adds alone, and of the fastest product that any variant computes. */
    readonly arithmetic: number;
    readonly product: number;
  };
  /** Of each size the variant that the measurement chooses, and the others. */
  readonly products: readonly Product[];
  readonly chosen: string;
  /** A row times a matrix, by the variant that is chosen. */
  readonly vectors: readonly Product[];
  readonly passes: readonly PassTime[];
}
