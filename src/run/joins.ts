/** What a step that joins rows of an earlier pass and of this one copies, where it is done by copying. */
import type { ForwardProgram, Step } from '../program/program';
import { sizeOf } from '../tensor/layout';

/** Bytes from a place in one buffer to a place in another. */
interface Rows {
  readonly at: number;
  readonly to: number;
  readonly size: number;
}

/** Into the joined tensor, one part for each entry of the batch: out of the earlier pass's tensor, and of the new rows. */
export interface Copied {
  readonly earlier: readonly Rows[];
  readonly later: readonly Rows[];
}

/** @returns null for a step that joins no rows */
export function copiedBy({ kernel, outputs, uniforms }: Step, { tensors, goesOn }: ForwardProgram): Copied | null {
  if (kernel !== 'extend_rows') return null;
  const { batch, past, fresh, width } = uniforms as Record<'batch' | 'past' | 'fresh' | 'width', number>;
  const row = 4 * width;
  const whole = 4 * sizeOf(tensors[outputs.out!]!.shape);
  const parts = Array.from({ length: batch }, (_, b) => ({
    before: b * goesOn!.old * row,
    to: (b * whole) / batch,
    b,
  }));
  return {
    earlier: parts.map(({ before, to }) => ({ at: before, to, size: past * row })),
    later: parts.map(({ to, b }) => ({ at: b * fresh * row, to: to + past * row, size: fresh * row })),
  };
}
