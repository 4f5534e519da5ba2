/** A parsed `--edit`: plain JSON, which the page takes as it is. language.ts writes it, make.ts reads it. */
import type { Axis } from '../tensor/layout';

/** An axis in a spec; null is an end that was left out. */
export interface SpecIndex {
  readonly axis: Axis;
  readonly index: number | readonly [from: number | null, to: number | null];
  /** Where in the spec the axis stands, for errors. */
  readonly column: number;
}

/** A file's tensor, or values, that repeat along the axes before their last ones. */
export type SpecVector = SpecFile | { readonly shape: readonly number[]; readonly data: readonly number[] };

export interface SpecFile {
  readonly file: string;
  /** null: the only one. */
  readonly tensor: string | null;
}

/** Text, or token ids [batch][pos]. */
export type SpecPrompt = string | readonly (readonly number[])[];

export type SpecOp =
  | { readonly op: 'zero' | 'freeze' }
  | { readonly op: 'scale'; readonly by: number }
  | { readonly op: 'set' | 'add'; readonly value: number | SpecVector }
  | { readonly op: 'noise'; readonly std: number; readonly seed: number }
  | { readonly op: 'mean'; readonly reference: SpecPrompt | null; readonly over: readonly Axis[] }
  | { readonly op: 'resample'; readonly seed: number }
  | { readonly op: 'patch'; readonly source: SpecPrompt; readonly from: readonly SpecIndex[] | null };

export interface EditSpec {
  /** As it was written. */
  readonly text: string;
  readonly at: string;
  readonly slice: readonly SpecIndex[];
  readonly what: SpecOp;
  /** Where the operation stands, for errors. */
  readonly column: number;
}
