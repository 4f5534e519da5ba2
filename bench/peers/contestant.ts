import type { Shape, Weights } from './shapes';

/** One implementation of the pass, ready to run. All compute the logits of every position and read back the last one's. */
export interface Contestant {
  readonly name: string;
  readonly version: string;
  /** The logits at the last position, once they are here. */
  run(): Promise<Float32Array>;
  dispose(): Promise<void> | void;
}

export interface Field {
  readonly shape: Shape;
  readonly weights: Weights;
  readonly tokens: readonly number[];
}

/** Makes one ready for a shape: uploads the weights, compiles. */
export type Enter = (field: Field) => Promise<Contestant>;
