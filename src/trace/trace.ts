import type { EditNote } from '../program/edits';
import type { ForwardProgram } from '../program/program';
import type { Layout, TensorData } from '../tensor/layout';
import type { Slice } from '../tensor/slice';

/** Where a run took place. */
export interface RunInfo {
  readonly model: string;
  /** SHA-256 of the weights, in hexadecimal. */
  readonly weightsHash: string;
  readonly adapter: string;
  /** What was done to the weights, where the numbers are not those of the file: that its matrices are rounded to f16. */
  readonly rounded?: string;
}

export interface TraceTensor extends TensorData {
  readonly name: string;
  /** True for a value that the pass itself never held: it was computed from values that the pass did hold. */
  readonly derived: boolean;
}

/**
 * One forward pass, readable by tensor name. The live trace reads the buffers that the pass wrote; the recorded one
 * reads a file. Whoever draws needs no more than this.
 */
export interface Trace {
  /** Whose values they are: the GPU's as they lie there, a file's, or those of the float64 runner on the CPU. */
  readonly kind: 'live' | 'recorded' | 'reference';
  readonly info: RunInfo;
  /** Which step computes what of what, at every position. */
  readonly program: ForwardProgram;
  /** What the program was rewritten with, in the order given; a recorded trace has no values for them. */
  readonly edits: readonly EditNote[];
  /** Token ids [batch][pos]. */
  readonly tokens: readonly (readonly number[])[];
  /** The tokens as text, for display [batch][pos]. */
  readonly labels: readonly (readonly string[])[];
  /** Names that can be read, in the order of computation. */
  readonly names: readonly string[];
  /**
   * Answers of the model to what its tensors alone cannot tell, by the question's key: those that a recording holds, or
   * those that were asked of a live one so far. A recording's may be anything that is JSON: check before use.
   */
  readonly answers?: Map<string, unknown>;
  /** Bytes of the tensors that the trace retains. */
  readonly bytes: number;
  /** Whether it was, where that gives memory back. */
  readonly disposed?: boolean;
  /**
   * How many positions, from the first on, were not computed by this pass but taken over from an earlier one, with the
   * bits that the program has there.
   */
  readonly reused?: number;
  /** What this pass itself has run: the program, or where positions are taken over its steps for the others, and copies. */
  readonly ran?: ForwardProgram;

  /** @throws `tensor-unknown`, with the nearest names */
  layout(name: string): Layout & { readonly derived: boolean };

  /**
   * Reads a tensor or a slice of it, in f32. Masked attention scores are `MASKED` (−1e30), as on the GPU, but −Infinity in
   * a recorded trace. Reads of one tick of a live one cost one round trip.
   *
   * @throws `tensor-unknown`, `slice-invalid`, `disposed`, `device-lost`
   */
  read(name: string, slice?: Slice): Promise<TraceTensor>;

  /** Gives the memory back; reading afterwards throws `disposed`. */
  dispose(): void;
}
