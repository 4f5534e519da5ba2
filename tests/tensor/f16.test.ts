import { expect, test } from 'vitest';
import { LARGEST, packHalves, unpackHalves } from '../../src/tensor/f16';

/** What a half is worth, by its definition. */
function worth(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const finite = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => ((bits >> 10) & 31) < 31);
const packed = (values: ArrayLike<number>) => {
  const halves = packHalves(Float32Array.from(values));
  if (typeof halves === 'number') throw new Error(`refused at ${halves}`);
  return halves;
};
const rounded = (values: readonly number[]) => [...unpackHalves(packed(values).words, values.length)];

test('every finite half is held as it is, and every pair is a normal f32', () => {
  const values = Float32Array.from(finite, worth);
  for (const order of [values, values.toReversed()]) {
    const { words, changed, largest } = packed(order);
    expect([changed, largest]).toEqual([0, 0]);
    const back = unpackHalves(words, order.length);
    expect(order.every((value, i) => Object.is(value, back[i]))).toBe(true);
    expect(words.every((word) => ((word >>> 23) & 255) > 0 && ((word >>> 23) & 255) < 255)).toBe(true);
  }
});

test('what lies between two halves goes to the nearer, from the middle to the even one', () => {
  const positive = finite.filter((bits) => bits < 0x7bff);
  const sample = positive.filter((bits) => bits % 37 === 0 || bits < 40 || (bits & 1023) > 1020);
  for (const bits of sample) {
    const [low, high] = [worth(bits), worth(bits + 1)];
    const middle = (low + high) / 2;
    const even = bits % 2 === 0 ? low : high;
    const [below, above] = [middle - (high - low) / 64, middle + (high - low) / 64];
    expect(rounded([below, middle, above, -middle]), String(bits)).toEqual([low, even, high, -even]);
  }
});

test('what was changed is counted, and by how much', () => {
  expect(packed([1, 1 + 2 ** -12, 0.5, 3 + 2 ** -11, -0])).toMatchObject({ changed: 2, largest: 2 ** -11 });
});

test('an odd count of numbers fills its last word with 0', () => {
  expect([...packed([1, 2, 3]).words]).toEqual([0x40003c00 + 0x800000, 0x4200 + 0x800000]);
});

test.each([65520, -65520, 1e30, Infinity, -Infinity, Number.NaN])('%d is refused where it stands', (value) => {
  expect(packHalves(Float32Array.of(1, LARGEST, value))).toBe(2);
});

test('the largest number, and what rounds to it, is not refused', () => {
  expect(rounded([65519, -65519])).toEqual([LARGEST, -LARGEST]);
});
