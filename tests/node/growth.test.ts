/** The benchmark of growth: its fits, its formula of memory, and the run that the site's page is drawn from. */
import { describe, expect, test } from 'vitest';
import { explained, fit, valueAt } from '../../bench/growth/fit';
import measured from '../../bench/growth/measured.json' with { type: 'json' };
import { memoryOf } from '../../bench/growth/memory';
import type { GrowthReport } from '../../bench/growth/report';
import { gpt2Memory } from '../../bench/memory';
import { growthPart } from '../../docs/generate/growth';
import { blocksOf } from '../../docs/generate/markdown';
import { ticks } from '../../docs/generate/plot';

describe('a fit', () => {
  const xs = [1, 2, 4, 8, 16];

  test('finds the terms that the values are made of', () => {
    const ys = xs.map((x) => 3 + 0.5 * x + 0.25 * x ** 2);
    const terms = fit(xs, ys, [0, 1, 2]);
    for (const [i, expected] of [3, 0.5, 0.25].entries()) expect(terms[i]!.coefficient).toBeCloseTo(expected, 9);
    expect(explained(terms, xs, ys)).toBeCloseTo(1, 12);
    expect(valueAt(terms, 10)).toBeCloseTo(33, 9);
  });

  test('has no negative terms, and says how little a wrong one explains', () => {
    const ys = xs.map((x) => 2 * x - 0.5);
    expect(fit(xs, ys, [0, 1]).map(({ power }) => power)).toEqual([1]);
    const turned = ys.toReversed();
    expect(explained(fit(xs, turned, [0, 1]), xs, turned)).toBeLessThan(0.5);
  });
});

test('axes begin at 0 and end at or after the most', () => {
  for (const most of [0.7, 1, 7, 768, 1024, 4228]) {
    const all = ticks(most);
    expect(all[0]).toBe(0);
    expect(all.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
    expect(all.length).toBeLessThanOrEqual(9);
  }
});

const run = measured as GrowthReport & { readonly date: string; readonly runtime: string };

describe('the run that is kept', () => {
  test.each(run.series.map((one) => [one.along, one] as const))(
    'along the %s: memory is as the formula says, time is fitted by growing terms',
    (along, { points, time }) => {
      const xs = points.map(({ at }) => at);
      for (const { at, memory } of points) {
        const shape = { ...run.base, [along]: at, name: '', rounds: 0 };
        const heads = (shape.width * run.base.heads) / run.base.width;
        for (const kept of ['all', 'checkpoints'] as const) {
          const { formula, counted } = memory[kept];
          const dispatches = (formula - memoryOf({ ...shape, heads }, kept, 0)) / 256;
          expect([at, kept, Number.isInteger(dispatches) && dispatches > 0]).toEqual([at, kept, true]);
          if (kept === 'all') expect(counted).toBe(formula);
          else expect(counted).toBeLessThanOrEqual(formula);
        }
      }
      const again = fit(
        xs,
        points.map(({ minMs }) => minMs),
        along === 'layers' ? [0, 1] : [0, 1, 2],
      );
      expect(time).toEqual(again);
      expect(time.at(-1)!.power, 'the largest power is there').toBe(along === 'layers' ? 1 : 2);
    },
  );

  test('is drawn with a point and a row for each size', () => {
    const page = growthPart(run);
    const plots = page.match(/<svg.*?<\/svg>/g)!;
    const sizes = run.series.map(({ points }) => points.length);
    expect(plots.map((svg) => svg.match(/<circle/g)!.length)).toEqual(sizes.flatMap((size) => [size, 2 * size]));
    for (const svg of plots) {
      expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
      expect(svg).not.toMatch(/NaN|Infinity|style=|\n/);
    }
    const tables = blocksOf(page).flatMap((block) => (block.kind === 'table' ? [block.table.rows.length] : []));
    expect(tables).toEqual(sizes);
  });
});

test.each(['clear', 'quads', 'tiled'])('what the benchmark says of GPT-2 small is within 200 MB: %s', (name) => {
  const { tokens, checkpoints, all } = gpt2Memory(
    ({ variants }) => variants.find((variant) => variant.name === name) ?? variants[0],
  );
  expect(tokens).toBe(1024);
  expect(checkpoints).toBeLessThanOrEqual(200e6);
  expect(all).toBeGreaterThan(10 * checkpoints);
});
