/** What a recording holds of a pass that is compared with its own, as plain JSON. */
import type { ComparedTensor, Trace } from '../../src/viewer';
import { answerKey } from '../shared/answers';
import type { Align } from './pair';
import type { ExpectedToken } from './read-next';

export interface HeldPass {
  /** Of the other pass: token ids and their texts. */
  readonly tokens: readonly number[];
  readonly labels: readonly string[];
  /** In the order of computation. */
  readonly tensors: readonly ComparedTensor[];
  /** By shared position. */
  readonly next: readonly (readonly ExpectedToken[])[] | null;
  /** Of the tokens in `next`, and of the rows of the logits' map, by their ids. */
  readonly texts: readonly (readonly [number, string])[];
}

/** A map of one tensor: the indices that its rows show, and both sides row-major; null: a pair that was not compared. */
export interface HeldMap {
  readonly rows: readonly number[];
  readonly left: readonly (number | null)[];
  readonly right: readonly (number | null)[];
}

/**
 * Names the other pass: of another prompt without the trace's edits or, where none is named, of its own prompt without
 * them. With a tensor it names the maps of that one, a list with one per head, or one.
 */
export function heldKey(align: Align, other: string | null, tensor: string | null = null): string {
  return answerKey('compare', { align, other, tensor });
}

/** Of batch entry 0. */
export interface Written {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
}

/** A tensor that a step of the trace's program writes; null for another name. */
export function writtenTensor({ program }: Trace, name: string): Written | null {
  if (!program.steps.some(({ outputs }) => Object.values(outputs).includes(name))) return null;
  const { axes, shape } = program.tensors[name]!;
  const own = axes.flatMap((axis, i) => (axis === 'batch' ? [] : [i]));
  return { axes: own.map((i) => axes[i]!), shape: own.map((i) => shape[i]!) };
}

const OVER_PROMPT: readonly string[] = ['pos', 'query', 'key'];

/** How many values of a tensor are compared at this many positions. */
export function comparedValues({ axes, shape }: Written, count: number): number {
  return axes.reduce((size, axis, i) => size * (OVER_PROMPT.includes(axis) ? count : shape[i]!), 1);
}
