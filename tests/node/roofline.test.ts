/** What the site says of a roofline: nothing was measured, or what was. */
import { expect, test } from 'vitest';
import { leastMs } from '../../bench/roofline/least';
import type { RooflineReport } from '../../bench/roofline/report';
import { tablesOf } from '../../bench/roofline/tables';
import { rooflinePart } from '../../docs/generate/roofline';

const product = { kernel: 'matmul', rows: 8, inner: 8, cols: 8, precision: 'f32', variant: 'tiled' } as const;
const report: RooflineReport = {
  adapter: 'a GPU',
  ceilings: { copy: 200, arithmetic: 1000, product: 600 },
  products: [{ ...product, ms: 2, gflops: 600, gbytes: 1 }],
  chosen: 'tiled',
  vectors: [{ ...product, rows: 1, precision: 'f16', ms: 0.5, gflops: 9, gbytes: 170 }],
  passes: [{ shape: 'gpt2', precision: 'f32', tokens: 64, ms: 6, rooflineMs: 4 }],
};

test('without a run on a GPU every row says that it was not measured', () => {
  const rows = rooflinePart([])
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| --'));
  expect(rows.length).toBeGreaterThan(6);
  expect(rows.slice(1).filter((row) => !row.includes('not measured'))).toEqual([]);
});

test('a pass takes at least the sum over its dispatches of the longer of arithmetic and traffic', () => {
  const { ceilings } = report; // 200 GB/s and 1000 GFLOP/s: 2e8 bytes and 1e9 operations a millisecond
  const dispatch = (flops: number, bytesRead: number, bytesWritten: number) => {
    return { flops, bytesRead, bytesWritten, intensity: flops / (bytesRead + bytesWritten) };
  };
  expect(leastMs([dispatch(3e9, 1e8, 1e8)], ceilings)).toBe(3);
  expect(leastMs([dispatch(1e9, 1e8, 4e8)], ceilings)).toBe(2.5);
  expect(leastMs([dispatch(3e9, 1e8, 1e8), dispatch(1e9, 1e8, 4e8), dispatch(0, 1e8, 0)], ceilings)).toBe(6);
});

test('shares are of the ceilings of the same run', () => {
  const cells = tablesOf(report).map(({ rows }) => rows.map((row) => row.at(-1)));
  expect(cells.slice(1)).toEqual([['60 %'], ['85 %'], ['1.5×']]);
  expect(cells[0]).toEqual(['200.0 GB', '1000.0 GFLOP', '600.0 GFLOP']);
  const text = rooflinePart([{ ...report, date: '2020-01-02', runtime: 'Dawn' }]);
  expect(text).toContain('### a GPU, Dawn, on 2020-01-02');
  expect(text).not.toContain('not measured');
});
