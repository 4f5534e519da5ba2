/**
 * Pins the bounds. A bound that is too loose passes every correct kernel, and many a wrong one; so here each is worked
 * out by hand, in a unit of the test's own, on inputs small enough to follow.
 */
import { describe, expect, test } from 'vitest';
import { Gpu } from '../../src/gpu/gpu';
import { kernels } from '../../src/kernels';
import type { Operands, Uniforms } from '../../src/kernels/kernel';
import { runKernel } from '../../src/run/run-kernel';
import { testDevice } from '../harness/device';
import { type Inputs, judge, moved, truthOf } from './witness';

const u = 2 ** -23;
/** The least normal f32: what may be flushed to zero. */
const tiny = 2 ** -126;
const f = (...values: number[]) => Float32Array.of(...values);

interface Example {
  readonly kernel: string;
  readonly values: Uniforms;
  readonly inputs: Inputs;
  /** By port. */
  readonly bounds: Readonly<Record<string, readonly number[]>>;
}

const ln3 = Math.log(3);
/** GPT-2's GELU at 1 is σ of this: √(8/π)·1.044715. */
const z = 1.667123938;
const [nine, signs] = [{ rows: 1, inner: 9, cols: 2 }, f(1, -1, 1, -1, 1, -1, 1, -1, 1)];
const attention = { batch: 1, head: 1, query: 1, key: 2, dim: 3 };

const examples: readonly Example[] = [
  {
    kernel: 'embed',
    values: { rows: 1, vocab: 2, model: 2, first: 0 },
    inputs: { table: f(1, 2, 3, 4), ids: Uint32Array.of(1) },
    bounds: { out: [0, 0] },
  },
  {
    kernel: 'pos_embed',
    values: { batch: 1, pos: 1, model: 2, n_ctx: 1 },
    inputs: { table: f(1, 2) },
    bounds: { out: [0, 0] },
  },
  {
    kernel: 'concat',
    values: { rows: 1, left_cols: 1, right_cols: 1, cols: 2 },
    inputs: { left: f(1), right: f(2) },
    bounds: { out: [0, 0] },
  },
  {
    kernel: 'extend_rows',
    values: { batch: 1, old: 1, past: 1, fresh: 1, pos: 2, width: 1 },
    inputs: { earlier: f(1), later: f(2) },
    bounds: { out: [0, 0] },
  },
  {
    kernel: 'extend_keys',
    values: { heads: 1, old: 1, past: 1, fresh: 1, pos: 2, fill: -2 },
    inputs: { earlier: f(1), later: f(2, 3) },
    bounds: { out: [0, 0, 0, 0] },
  },
  // One rounding of the sum, 1 + 2 and 1 − 2, not of the terms.
  {
    kernel: 'add',
    values: { size: 3 },
    inputs: { a: f(1, 1, 0), b: f(2, -2, 0) },
    bounds: { sum: [3 * u, u, 2 * tiny] },
  },
  // 9 products of ±2 that cancel to 2, bias −4; and a column of zeros.
  {
    kernel: 'matmul',
    values: nine,
    inputs: { x: signs, w: f(...[...signs].flatMap(() => [2, 0])), bias: f(-4, 0) },
    bounds: { y: [11 * u * (18 + 4), 11 * tiny] },
  },
  {
    kernel: 'unembed',
    values: nine,
    inputs: { x: signs, w: f(2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0), bias: f(-4, 0) },
    bounds: { y: [11 * u * (18 + 4), 11 * tiny] },
  },
  // (3 − 2 − 1)/2, of terms that add up to 6/2; the second key is masked: an exact constant. A query of zeros.
  {
    kernel: 'attn_scores',
    values: { ...attention, query: 2, scale: 0.5, causal: 1 },
    inputs: { q: f(1, 2, -1, 0, 0, 0), k: f(3, -1, 1, 5, 5, 5) },
    bounds: { scores: [6 * u * 3, 6 * tiny, 6 * tiny, 6 * tiny] },
  },
  // e⁰ twice: 3 for each, their mean 3, two columns, 4 for the rest, of 1/2.
  {
    kernel: 'softmax',
    values: { rows: 1, cols: 2 },
    inputs: { x: f(0, 0) },
    bounds: { y: [((3 + 3 + 2 + 4) * u) / 2, ((3 + 3 + 2 + 4) * u) / 2] },
  },
  // 1/4 and 3/4: the first lies ln 3 below the maximum.
  {
    kernel: 'softmax',
    values: { rows: 1, cols: 2 },
    inputs: { x: f(0, ln3) },
    bounds: { y: [((12 + 3.75 * ln3) * u) / 4, ((12 + 0.75 * ln3) * u * 3) / 4] },
  },
  {
    kernel: 'attn_mix',
    values: attention,
    inputs: { pattern: f(0.25, 0.75), v: f(4, 8, 0, 4, -8, 0) },
    bounds: { z: [4 * u * (1 + 3), 4 * u * (2 + 6), 4 * tiny] },
  },
  {
    kernel: 'head_result',
    values: { rows: 1, head: 2, dim: 2, model: 1 },
    inputs: { z: f(1, -2, 5, 5), w: f(3, 1, 0, 0) },
    bounds: { result: [4 * u * (3 + 2), 4 * tiny] },
  },
  { kernel: 'relu', values: { size: 3 }, inputs: { x: f(1, 0, -1) }, bounds: { y: [tiny, tiny, tiny] } },
  // σ(1) and, at 0, what is too small for a relative error.
  {
    kernel: 'silu',
    values: { size: 3 },
    inputs: { x: f(1, -1, 0) },
    bounds: { y: [9 * u * 0.731058579, 9 * u * 0.268941421, 2e-36] },
  },
  {
    kernel: 'gelu_new',
    values: { size: 3 },
    inputs: { x: f(1, -1, 0) },
    bounds: { y: [(7 + 7 * z) * u * 0.841191991, (7 + 7 * z) * u * 0.158808009, 2e-37] },
  },
  // Φ(1), Φ(−1)
  {
    kernel: 'gelu',
    values: { size: 3 },
    inputs: { x: f(1, -1, 0) },
    bounds: { y: [34 * u * 0.841344746, 34 * u * 0.158655254, 2e-37] },
  },
  // Mean 2, variance 1, scale √(1 + 3) = 2: the shift is (2 + 3)·2/2 = 5 u, the scale's relative error 2/2 + 8 = 9 u.
  {
    kernel: 'normalize',
    values: { rows: 1, cols: 2, eps: 3 },
    inputs: { x: f(1, 3) },
    bounds: { scale: [9 * u * 2], normalized: [(5 + (9 + 4) / 2) * u, (5 + (9 + 4) / 2) * u] },
  },
  // Far from 0 the shift, (2 + 3)·1025 u, is what counts; half its square reaches the scale.
  {
    kernel: 'normalize',
    values: { rows: 1, cols: 2, eps: 0 },
    inputs: { x: f(1024, 1026) },
    bounds: {
      scale: [9 * u + (5125 * u) ** 2 / 2],
      normalized: [(5125 + 13) * u + (5125 * u) ** 2 / 2, (5125 + 13) * u + (5125 * u) ** 2 / 2],
    },
  },
  // Gain 2, bias 5 and gain −1, bias 0, of ∓1/2 within 11.5 u: the product and the sum add 2 u of 1/2, times the gain.
  {
    kernel: 'layernorm',
    values: { rows: 1, cols: 2, eps: 3 },
    inputs: { x: f(1, 3), gain: f(2, -1), bias: f(5, 0) },
    bounds: { scale: [18 * u], normalized: [11.5 * u, 11.5 * u], out: [2 * (11.5 + 1) * u + 5 * u, (11.5 + 1) * u] },
  },
  // Its thirds: the scale as in `normalize`; a shift of 5 u·2/2 and 4 u of 1/2; products 1 and −1/2, doubled, bias 5.
  { kernel: 'ln_scale', values: { rows: 1, cols: 2, eps: 3 }, inputs: { x: f(1, 3) }, bounds: { scale: [18 * u] } },
  {
    kernel: 'ln_divide',
    values: { rows: 1, cols: 2 },
    inputs: { x: f(1, 3), scale: f(2) },
    bounds: { normalized: [7 * u, 7 * u] },
  },
  {
    kernel: 'ln_affine',
    values: { rows: 1, cols: 2 },
    inputs: { normalized: f(-0.5, 0.5), gain: f(2, -1), bias: f(5, 0) },
    bounds: { out: [7 * u, u] },
  },
  // Kept and replaced: exact. 2·2 + 1 = 5 and 7 + 4 = 11: the product and the sum.
  {
    kernel: 'edit',
    values: { size: 4 },
    inputs: { x: f(3, 5, 2, 7), weight: f(1, 0, 2, 1), offset: f(0, 9, 1, 4) },
    bounds: { y: [0, 0, 9 * u, 18 * u] },
  },
];

describe.each(examples)('$kernel, example %#', ({ kernel: name, values, inputs, bounds }) => {
  const kernel = kernels[name]!;
  const truth = truthOf(kernel, values, inputs);
  const verdict = (outputs: Operands) => judge(kernel, name, values, outputs, truth);

  test('the bound is the formula', () => {
    expect(Object.keys(truth.bounds)).toEqual(Object.keys(bounds));
    for (const [port, expected] of Object.entries(bounds)) {
      const got = truth.bounds[port]!;
      expect(got).toHaveLength(expected.length);
      // The formulas leave out what is below the first order in u, and their constants have nine digits.
      const same = expected.every((bound, i) => Math.abs(got[i]! - bound) <= 1e-5 * bound);
      expect(
        same,
        `${port}: got ${[...got].map((bound) => bound / u)} u, by hand ${expected.map((b) => b / u)} u`,
      ).toBe(true);
    }
  });

  test('every variant passes, and fails four bounds further off', async () => {
    const gpu = Gpu.of(await testDevice());
    for (const variant of kernel.variants) {
      const outputs = await runKernel(gpu, kernel, variant, values, inputs);
      expect(verdict(outputs).miss).toBeUndefined();
      // An exact value and a zero are moved by the step of f32 there.
      const by = (port: string, i: number) => Math.max(4 * bounds[port]![i]!, u * Math.abs(outputs[port]![i]!));
      for (const [place, wrong] of moved(outputs, by)) expect(verdict(wrong).miss, place).toBeDefined();
    }
  });
});

test('no kernel is left out', () => {
  expect([...new Set(examples.map(({ kernel }) => kernel))].sort()).toEqual(Object.keys(kernels).sort());
});
