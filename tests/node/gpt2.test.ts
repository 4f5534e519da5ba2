import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromeHost } from '../../src/cli/chrome-host';
import { check } from '../../src/cli/commands/check';
import { trace } from '../../src/cli/commands/trace';
import { EVERYTHING } from '../../src/cli/host';
import { localFiles } from '../../src/cli/local-files';
import type { DeviceNeeds } from '../../src/gpu/device';
import { readTrace } from '../../src/index';
import { temporaryFolder } from './fluoroscope';
import { writeGpt2Directory } from './gpt2-directory';

const folder = temporaryFolder();
const files = localFiles(join(folder.path, 'gpt2-small'));
const tokens = [[464, 50256, 25128]]; // rows of the embedding's both halves
const page = { folder: resolve('dist'), module: 'cli/page.js' };
const report = () => undefined;
/** WebGPU's defaults: no binding above 134,217,728 bytes, and the embedding has 154,389,504. */
const DEFAULT: DeviceNeeds = {};

const host = (needs: DeviceNeeds) => chromeHost({ backend: 'chrome', adapter: 'software', needs, page });

beforeAll(() => writeGpt2Directory(join(folder.path, 'gpt2-small')));
afterAll(() => folder.remove());

test("every step of a model of GPT-2 small's size is exact where its embedding must be split", async () => {
  const { result } = await host(DEFAULT)({ task: check, name: 'check', request: { tokens, edits: [] }, files, report });
  expect(result.checked.filter(({ ok }) => !ok)).toEqual([]);
  const kernels = result.checked.map(({ kernel }) => kernel);
  expect(kernels.filter((kernel) => kernel === 'embed')).toHaveLength(2);
  expect(kernels.filter((kernel) => kernel === 'unembed')).toHaveLength(2);
  expect(result.checked.filter(({ tensor }) => tensor.startsWith('blocks.')).length).toBeGreaterThan(12 * 15);
});

test('split or whole, the logits are the same', async () => {
  const logits = async (needs: DeviceNeeds) => {
    const request = { tokens, edits: [], hooks: ['unembed.hook_out'] };
    const { file, result } = await host(needs)({ task: trace, name: 'trace', request, files, report });
    const recorded = readTrace(file!);
    const shaders = new Set(recorded.program.steps.map(({ kernel, variant }) => `${kernel} ${variant}`));
    return { steps: result.steps, shaders, ...(await recorded.read('unembed.hook_out')) };
  };
  const split = await logits(DEFAULT);
  const whole = await logits(EVERYTHING);
  expect(split.steps).toBe(whole.steps + 4); // two lookups, their sum, two products, their concatenation
  expect(split.shape).toEqual([1, 3, 50257]);
  const scale = Math.sqrt(whole.data.reduce((sum, value) => sum + value * value, 0) / whole.data.length);
  const apart = whole.data.reduce((most, value, i) => Math.max(most, Math.abs(value - split.data[i]!)), 0);
  expect(scale).toBeGreaterThan(0.1);
  const same = [...whole.shaders].every((shader) => split.shaders.has(shader));
  // Each browser measures: another shader adds in another order. A sum of 3072 products is then off by about √3072 · 2⁻²⁴ of
  // its size, 3.3e-6, and 4 such sums in each of 12 layers and the one of the logits by √49 times that: 2.3e-5.
  expect(apart).toBeLessThanOrEqual(same ? 0 : 3e-5 * scale);
});
