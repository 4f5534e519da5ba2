/** Figures of more than a canvas or a page can take: drawn coarser, or refused with a sentence. */
import { expect, test } from 'vitest';
import { nodesOf } from '../../components/circuit/nodes';
import { readPatterns } from '../../components/heads/read-patterns';
import type { FluoroHeatmap } from '../../components/shared/heatmap';
import type { ForwardProgram, Trace } from '../../src/index';
import { mount, until } from './mount';

test('a map wider than any canvas is drawn coarser, as wide on the page', async () => {
  const cols = 40_000;
  const map: FluoroHeatmap = document.createElement('fluoro-heatmap');
  Object.assign(map, { matrix: { rows: 2, cols, values: new Float32Array(2 * cols).fill(1) } });
  await mount(map);
  await until(() => (map.canvas?.width ?? 0) > 300);
  expect(map.canvas!.width).toBeLessThanOrEqual(11_585);
  expect(map.canvas!.clientWidth).toBeGreaterThan(9 * cols);
  const { data } = map.canvas!.getContext('2d')!.getImageData(map.canvas!.width - 100, 0, 100, map.canvas!.height);
  expect(data.some((value) => value > 0)).toBe(true);
});

test('more heads than can be shown are refused', async () => {
  const layout = () => ({ axes: ['batch', 'head', 'query', 'key'], shape: [1, 20_000, 1, 1], derived: false });
  const trace = { names: ['blocks.0.attn.hook_pattern'], layout } as unknown as Trace;
  await expect(readPatterns(trace)).rejects.toMatchObject({
    code: 'limit-exceeded',
    message: '20000 heads are more than can be shown: 16384.',
  });
});

test('a graph of more heads than any model has is cut', () => {
  const z = { axes: ['batch', 'pos', 'head', 'dim'], shape: [1, 1, 1000, 1], role: 'activation', type: 'f32' };
  const tensors = Object.fromEntries(Array.from({ length: 500 }, (_, layer) => [`blocks.${layer}.attn.hook_z`, z]));
  expect(nodesOf({ tensors } as unknown as ForwardProgram).length).toBe(17_002);
});
