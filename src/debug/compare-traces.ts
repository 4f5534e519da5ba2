import { type ProgramDifference, programDifferences } from '../program/differences';
import { type Index, indexAt, sizeOf } from '../tensor/layout';
import { holdsMasked, MASKED } from '../tensor/masked';
import type { Trace, TraceTensor } from '../trace/trace';
import { bitsOf } from './bits';
import { heldAs } from './held-as';

/** Those that run over the prompt. */
const AXES: readonly string[] = ['pos', 'query', 'key'];

/** A tensor that two traces hold differently. */
export interface TensorDifference {
  /** Index of the step that writes it, in the first trace. */
  readonly step: number;
  readonly kernel: string;
  readonly tensor: string;
  /** The first element that differs, row-major. */
  readonly at: Index;
  /** Its values in the two traces. */
  readonly values: readonly [number, number];
  /** How many elements differ. */
  readonly count: number;
  /** The largest |difference|; Infinity where one trace has a NaN and the other none. */
  readonly largest: number;
}

export interface TraceDifference {
  /** What the second program's steps do otherwise than the first's. */
  readonly program: readonly ProgramDifference[];
  /** The first tensor in the order of computation that differs; null where all that both hold is equal to the bit. */
  readonly first: TensorDifference | null;
  /** Tensors that both hold. */
  readonly compared: number;
}

export interface CompareOptions {
  /** The largest |difference| that counts as none; 0, equal to the bit, unless given. */
  readonly within?: number;
}

/**
 * The first step at which two passes over the same tokens part: another implementation's recording, another device,
 * another shader, another program. Both traces may be live or recorded; tensors that one of them lacks are left out, and
 * a masked score equals a masked score.
 *
 * @throws `disposed`
 */
export async function compareTraces(
  first: Trace,
  second: Trace,
  { within = 0 }: CompareOptions = {},
): Promise<TraceDifference> {
  const program = programDifferences(second.program, first.program);
  const shared = sharedTensors(first, second);
  for (const { index, kernel, tensor, names } of shared) {
    const [a, b] = await Promise.all([first.read(names[0]), second.read(names[1])]);
    const difference = differ(a.data, b.data, within, holdsMasked(tensor));
    if (!difference) continue;
    const { count, largest, offset } = difference;
    const values = [a.data[offset]!, b.data[offset]!] as const;
    const found = { step: index, kernel, tensor, at: indexAt(a, offset), values, count, largest };
    return { program, first: found, compared: shared.length };
  }
  return { program, first: null, compared: shared.length };
}

/** How far two traces differ in one tensor that both hold. */
export interface ComparedTensor {
  /** Index of the step that writes it, in the first trace. */
  readonly step: number;
  readonly kernel: string;
  readonly tensor: string;
  /** How many elements were compared, and how many of them differ. */
  readonly of: number;
  readonly count: number;
  /** The largest |difference|; Infinity where one trace has a NaN and the other none. */
  readonly largest: number;
  /** The largest |value| of either, masked scores left out. */
  readonly scale: number;
  /** The first element that differs, and its values; null where none does. */
  readonly first: { readonly at: Index; readonly values: readonly [number, number] } | null;
}

/** The same run of positions in two traces: their own first ones, and how many. */
export interface SharedPositions {
  readonly first: number;
  readonly second: number;
  readonly count: number;
}

/**
 * Every tensor that both traces hold, in the order of computation, of batch entry 0 and at positions that may lie apart:
 * two prompts rather than one. A tensor of another shape is left out.
 *
 * @param signal ends it between two tensors
 * @throws `disposed`, the signal's reason
 */
export async function compareTensors(
  first: Trace,
  second: Trace,
  positions: SharedPositions = { first: 0, second: 0, count: Math.min(first.program.pos, second.program.pos) },
  signal?: AbortSignal,
): Promise<ComparedTensor[]> {
  const { count } = positions;
  const found: ComparedTensor[] = [];
  for (const group of readTogether(first, sharedTensors(first, second))) {
    signal?.throwIfAborted();
    const values = group.flatMap(({ tensor }) => [
      readPositions(first, tensor, positions.first, count),
      readPositions(second, tensor, positions.second, count),
    ]);
    const read = await Promise.all(values);
    for (const [i, { index, kernel, tensor }] of group.entries()) {
      const [a, b] = [read[2 * i]!, read[2 * i + 1]!];
      if (String(a.shape) !== String(b.shape)) continue;
      const masked = holdsMasked(tensor);
      const difference = differ(a.data, b.data, 0, masked);
      const { offset = 0, ...counted } = difference ?? { count: 0, largest: 0 };
      found.push({
        ...{ step: index, kernel, tensor, of: a.data.length, ...counted },
        scale: Math.max(largestOf(a.data, masked), largestOf(b.data, masked)),
        first: difference
          ? { at: moved(indexAt(a, offset), positions.first), values: [a.data[offset]!, b.data[offset]!] }
          : null,
      });
    }
  }
  return found;
}

/** What one round trip reads of a trace, at most: a tensor alone may be larger. */
const READ_VALUES = 2 ** 21;

function readTogether<T extends { readonly names: readonly [string, string] }>(
  trace: Trace,
  tensors: readonly T[],
): T[][] {
  const groups: T[][] = [];
  let room = 0;
  for (const one of tensors) {
    const size = sizeOf(trace.layout(one.names[0]).shape);
    if (size > room) {
      groups.push([]);
      room = READ_VALUES;
    }
    groups.at(-1)!.push(one);
    room -= size;
  }
  return groups;
}

/**
 * Reads batch entry 0 of a tensor at some positions only, whatever the name under which the trace holds it.
 *
 * @throws as `trace.read`
 */
export function readPositions(trace: Trace, tensor: string, from: number, count: number): Promise<TraceTensor> {
  const name = heldAs(trace, tensor) ?? tensor;
  const along = trace.layout(name).axes.filter((axis) => AXES.includes(axis));
  return trace.read(name, { batch: 0, ...Object.fromEntries(along.map((axis) => [axis, [from, from + count]])) });
}

function moved(at: Index, by: number): Index {
  return Object.fromEntries(Object.entries(at).map(([axis, i]) => [axis, AXES.includes(axis) ? i + by : i]));
}

/** What the first trace's steps write and both hold, each under a name of its own: a recording may hold an alias. */
function sharedTensors(first: Trace, second: Trace) {
  return first.program.steps.flatMap(({ kernel, outputs }, index) =>
    Object.values(outputs).flatMap((tensor) => {
      const names = [first, second].map((trace) => heldAs(trace, tensor));
      return names.includes(undefined) ? [] : [{ index, kernel, tensor, names: names as [string, string] }];
    }),
  );
}

function largestOf(values: Float32Array, masked: boolean): number {
  let largest = 0;
  for (const value of values) {
    if (!(masked && value <= MASKED)) largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

function differ(a: Float32Array, b: Float32Array, within: number, scores: boolean) {
  const [left, right] = [bitsOf(a), bitsOf(b)];
  let offset = -1;
  let count = 0;
  let largest = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (left[i] === right[i] || (scores && a[i]! <= MASKED && b[i]! <= MASKED)) continue;
    const distance = Math.abs(a[i]! - b[i]!);
    if (distance <= within && within > 0) continue;
    if (offset < 0) offset = i;
    count++;
    largest = Math.max(largest, Number.isNaN(distance) ? Infinity : distance);
  }
  return offset < 0 ? undefined : { offset, count, largest };
}
