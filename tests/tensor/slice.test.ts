import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Axis, type Layout, sizeOf, stridesOf } from '../../src/tensor/layout';
import { permute } from '../../src/tensor/permute';
import { type Slice, select } from '../../src/tensor/slice';

const layout: Layout = { axes: ['batch', 'head', 'query', 'key'], shape: [2, 3, 5, 7] };
const flat = (selection: ReturnType<typeof select>) =>
  selection.runs.flatMap(({ from, length }) => Array.from({ length }, (_, i) => from + i));

describe('select', () => {
  test('an index removes its axis, −1 is the last, a range keeps it', () => {
    const { axes, shape } = select('pattern', layout, { head: -1, query: [1, 3] });
    expect([axes, shape]).toEqual([
      ['batch', 'query', 'key'],
      [2, 2, 7],
    ]);
  });

  test('whole tensors are one run', () => {
    expect(select('pattern', layout, {}).runs).toEqual([{ from: 0, length: 210 }]);
    expect(select('pattern', layout, { batch: 1 }).runs).toEqual([{ from: 105, length: 105 }]);
  });

  test('reads the elements that plain indexing reads, in order', () => {
    const along = (size: number) =>
      fc.oneof(
        fc.constant(undefined),
        fc.integer({ min: -size, max: size - 1 }),
        fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      );
    const slices = fc.record(Object.fromEntries(layout.axes.map((axis, i) => [axis, along(layout.shape[i]!)])));
    fc.assert(
      fc.property(slices, (entries) => {
        const slice = Object.fromEntries(Object.entries(entries).filter(([, wanted]) => wanted !== undefined)) as Slice;
        const strides = stridesOf(layout.shape);
        let wanted = [0];
        layout.axes.forEach((axis, i) => {
          const along = slice[axis] ?? [0, layout.shape[i]!];
          const [from, to] =
            typeof along === 'number' ? [along, along + 1].map((n) => (along < 0 ? n + layout.shape[i]! : n)) : along;
          const offsets = Array.from({ length: to! - from! }, (_, n) => (from! + n) * strides[i]!);
          wanted = wanted.flatMap((base) => offsets.map((offset) => base + offset));
        });
        const selection = select('pattern', layout, slice);
        expect(flat(selection)).toEqual(wanted);
        expect(sizeOf(selection.shape)).toBe(wanted.length);
      }),
    );
  });

  const bad: [Slice, string][] = [
    [{ neuron: 0 }, 'pattern has no axis neuron: it is [batch 2, head 3, query 5, key 7].'],
    [{ head: 3 }, 'pattern: head 3 is outside its size of 3.'],
    [{ head: -4 }, 'pattern: head -4 is outside its size of 3.'],
    [{ head: 0.5 }, 'pattern: head 0.5 is outside its size of 3.'],
    [{ key: [3, 8] }, 'pattern: key [3, 8) is no range within its size of 7.'],
    [{ key: [4, 3] }, 'pattern: key [4, 3) is no range within its size of 7.'],
  ];
  test.each(bad)('refuses %j', (slice, sentence) => {
    expect(() => select('pattern', layout, slice)).toThrow(
      expect.objectContaining({ code: 'slice-invalid', message: sentence }),
    );
  });
});

test('permuting twice gives the tensor back', () => {
  const data = Float32Array.from({ length: 210 }, (_, i) => i);
  const order: Axis[] = ['key', 'batch', 'query', 'head'];
  const there = permute({ ...layout, data }, order);
  expect(there.shape).toEqual([7, 2, 5, 3]);
  expect(there.data[1]).toBe(7 * 0 + stridesOf(layout.shape)[1]!);
  expect(permute(there, layout.axes)).toEqual({ ...layout, data });
});
