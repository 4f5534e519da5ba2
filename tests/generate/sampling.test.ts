/** Which tokens can be drawn, and how often they are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampler } from '../../src/generate/sampling';

/** Few values, so that many are equal. */
const logits = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 90 });
const settings = fc.record({
  temperature: fc.constantFrom(0.1, 0.7, 1, 2.5),
  topK: fc.option(fc.integer({ min: 1, max: 100 })),
  topP: fc.constantFrom(1, 0.95, 0.5, 0.01),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

/** Ids, likeliest first, of equal ones the lower id first. */
const ordered = (values: readonly number[]) => [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);

interface Options {
  readonly temperature: number;
  readonly topK?: number | null;
  readonly topP?: number;
}

/** By the definition: how many are left after temperature, top-k and top-p. `slack` is for sums that come to just topP. */
function countOf(values: readonly number[], { temperature, topK = null, topP = 1 }: Options, slack = 0): number {
  const weights = ordered(values)
    .slice(0, topK ?? values.length)
    .map((id) => Math.exp(values[id]! / temperature));
  const total = weights.reduce((a, b) => a + b);
  let sum = 0;
  const last = weights.findIndex((weight) => {
    sum += weight;
    return sum >= topP * total * (1 + slack);
  });
  return topP === 1 || last < 0 ? weights.length : last + 1;
}

/** Of the likeliest so many, each one's chance. */
function chancesOf(values: readonly number[], temperature: number, count: number): Map<number, number> {
  const left = ordered(values).slice(0, count);
  const total = left.reduce((sum, id) => sum + Math.exp(values[id]! / temperature), 0);
  return new Map(left.map((id) => [id, Math.exp(values[id]! / temperature) / total]));
}

test('temperature 0 takes the largest logit, of equal ones the lower id', () => {
  fc.assert(
    fc.property(logits, (values) => {
      const choice = sampler({}, 3)(values);
      expect(choice).toMatchObject({ id: values.indexOf(Math.max(...values)), chance: 1, count: 1 });
      expect(choice.candidates.map(({ id }) => id)).toEqual(ordered(values).slice(0, 3));
    }),
  );
});

test('what can be drawn, and its chances, are those of the definition', () => {
  fc.assert(
    fc.property(logits, settings, (values, options) => {
      const choice = sampler(options, values.length)(values);
      expect(choice.count).toBeGreaterThanOrEqual(countOf(values, options, -1e-12));
      expect(choice.count).toBeLessThanOrEqual(countOf(values, options, 1e-12));
      const chances = chancesOf(values, options.temperature, choice.count);
      expect(chances.has(choice.id)).toBe(true);
      for (const { id, chance } of choice.candidates) expect(chance).toBeCloseTo(chances.get(id) ?? 0, 9);
      const softmax = chancesOf(values, 1, values.length);
      for (const { id, probability } of choice.candidates) expect(probability).toBeCloseTo(softmax.get(id)!, 9);
    }),
  );
});

test('the same seed draws the same tokens, another seed others', () => {
  const values = Array.from({ length: 300 }, (_, id) => Math.sin(id));
  const drawn = (seed: number) => {
    const draw = sampler({ temperature: 1, seed }, 0);
    return Array.from({ length: 50 }, () => draw(values).id);
  };
  expect(drawn(5)).toEqual(drawn(5));
  expect(drawn(5)).not.toEqual(drawn(6));
});

test.each([
  { temperature: 1 },
  { temperature: 0.5, topK: 5 },
  { temperature: 2, topP: 0.8 },
  { temperature: 1.5, topK: 20, topP: 0.9 },
])('draws as often as the chances say, within five standard deviations: %o', (options) => {
  const values = Array.from({ length: 100 }, (_, id) => 2 * Math.sin(7 * id));
  const chances = chancesOf(values, options.temperature, countOf(values, options));
  const draw = sampler({ ...options, seed: 3 }, 0);
  const draws = 20_000;
  const seen = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const { id } = draw(values);
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  expect([...seen.keys()].every((id) => chances.has(id))).toBe(true);
  for (const [id, chance] of chances) {
    const deviation = Math.sqrt(draws * chance * (1 - chance));
    expect(Math.abs((seen.get(id) ?? 0) - draws * chance)).toBeLessThanOrEqual(5 * deviation + 1e-9);
  }
});

describe('odd logits', () => {
  test('−∞ is never drawn', () => {
    const draw = sampler({ temperature: 100 }, 5);
    for (let i = 0; i < 200; i++) expect(draw([-Infinity, 1, -Infinity, 2]).id % 2).toBe(1);
  });

  test.each([{}, { topK: 3 }, { topK: 4, topP: 0.999 }, { topP: 1 - Number.EPSILON / 2 }])(
    '−∞ has the chance 0 and is not counted: %o',
    (options) => {
      const choice = sampler({ temperature: 1, ...options }, 4)([1, -Infinity, 2, -Infinity]);
      expect(choice.count).toBe(2);
      expect(choice.candidates.map(({ chance }) => chance > 0)).toEqual([true, true, false, false]);
      expect(choice.candidates.map(({ probability }) => probability > 0)).toEqual([true, true, false, false]);
    },
  );

  test('as many are counted as have a chance, at any temperature', () => {
    for (const temperature of [1e-3, 1, 1e3]) {
      const values = Array.from({ length: 80 }, (_, id) => -20 * id);
      const { count, candidates } = sampler({ temperature }, 80)(values);
      expect(count).toBe(candidates.filter(({ chance }) => chance > 0).length);
    }
  });

  test('a temperature near 0 is no division by it', () => {
    expect(sampler({ temperature: Number.MIN_VALUE }, 0)([1, 3, 3]).count).toBe(2);
    expect(sampler({ temperature: Number.MIN_VALUE }, 2)([1, 3, 2])).toMatchObject({ id: 1, chance: 1 });
  });

  test.each([[[1, Number.NaN]], [[Number.POSITIVE_INFINITY, 1]], [[-Infinity, -Infinity]], [[]]])(
    '%o is refused',
    (values) => {
      expect(() => sampler({}, 1)(values)).toThrow('The logits hold NaN or infinities, so no token can be drawn.');
    },
  );
});
