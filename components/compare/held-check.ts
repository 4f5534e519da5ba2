/** What a recorded comparison must be before it is drawn: a file may hold anything. */
import type { ComparedTensor, Trace } from '../../src/viewer';
import { type Check, index, list, nullable, number, record, text } from '../shared/answers';
import { comparedValues, type HeldMap, type HeldPass, type Written, writtenTensor } from './held';
import { TOP } from './read-map';
import { SHOWN } from './read-next';

const below =
  (size: number): Check =>
  (value, at) =>
    index(value, at) ?? ((value as number) < size ? null : `${at} is not below ${size}`);

/** NaN where the logits were none. */
const probability: Check = (value, at) =>
  number(value, at) ?? ((value as number) < 0 || (value as number) > 1 ? `${at} is no probability` : null);

/** What is held of another pass beside this one. */
export function passCheck(trace: Trace): Check {
  const { tensors, output, pos } = trace.program;
  const id = below(tensors[output]!.shape.at(-1)!);
  const both = list(number, 2);
  const check = record({
    tokens: list(index),
    labels: list(text),
    tensors: list(
      record({
        ...{ tensor: text, step: index, kernel: text, of: index, count: index, largest: number, scale: number },
        first: nullable(record({ values: both })),
      }),
    ),
    next: nullable(list(list(record({ id, probabilities: list(probability, 2), logits: both })))),
    texts: list((pair, at) => list(() => null, 2)(pair, at) ?? record({ 0: id, 1: text })({ ...(pair as []) }, at)),
  });
  return (value, at) => {
    const wrong = check(value, at);
    if (wrong !== null) return wrong;
    const held = value as HeldPass;
    const length = held.tokens.length;
    if (length === 0) return `${at}.tokens is empty`;
    const count = Math.min(pos, length);
    return (
      list(text, length)(held.labels, `${at}.labels`) ??
      nullable(list(few, count))(held.next, `${at}.next`) ??
      inOrder(held.tensors, trace, count, `${at}.tensors`)
    );
  };
}

const few: Check = (tokens, at) =>
  (tokens as []).length <= 2 * SHOWN ? null : `${at} has more than ${2 * SHOWN} items`;

/** Each is there once, and none before one that an earlier step writes. */
function inOrder(tensors: readonly ComparedTensor[], trace: Trace, positions: number, at: string): string | null {
  if (tensors.length === 0) return `${at} is empty`;
  if (new Set(tensors.map(({ tensor }) => tensor)).size < tensors.length) return `${at} has one twice`;
  for (const [i, one] of tensors.entries()) {
    const written = writtenTensor(trace, one.tensor);
    if (!written) return `${at}[${i}] is none that a step writes`;
    if (i > 0 && one.step < tensors[i - 1]!.step) return `${at}[${i}].step is before the last`;
    const wrong = differing(one, written, positions, `${at}[${i}]`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function differing({ of, count, largest, first }: ComparedTensor, written: Written, positions: number, at: string) {
  const all = comparedValues(written, positions);
  if (of !== all) return `${at}.of is not ${all}`;
  if (count > all) return `${at}.count is more than ${all}`;
  if (first === null) return count === 0 && largest === 0 ? null : `${at}.first is missing`;
  if (count === 0 || !(largest >= 0)) return `${at}.largest is no distance`;
  const { axes, shape } = written;
  return record(Object.fromEntries(axes.map((axis, i) => [axis, below(shape[i]!)])))(first.at, `${at}.first.at`);
}

/** The maps of a tensor at this many positions. */
export function mapsCheck({ axes, shape }: Written, count: number): Check {
  const [heads, width] = [axes.includes('head') ? shape[axes.indexOf('head')]! : 1, shape.at(-1)!];
  const square = axes.includes('query');
  const rows = square ? count : Math.min(TOP, width);
  const values = list(nullable(number), rows * count);
  const check = list(record({ rows: list(below(width), rows), left: values, right: values }), heads);
  const isOwn = ({ rows }: HeldMap) =>
    square ? rows.every((row, i) => row === i) : new Set(rows).size === rows.length;
  const isPaired = ({ left, right }: HeldMap) => left.every((value, i) => (value === null) === (right[i] === null));
  return (value, at) => {
    const wrong = check(value, at);
    if (wrong !== null) return wrong;
    const other = (value as HeldMap[]).findIndex((map) => !isOwn(map));
    if (other >= 0) return `${at}[${other}].rows are not the tensor's`;
    const unlike = (value as HeldMap[]).findIndex((map) => !isPaired(map));
    return unlike < 0 ? null : `${at}[${unlike}] lacks values on one side`;
  };
}
