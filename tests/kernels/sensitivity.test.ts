/** What the bounds let one see: where nothing cancels, an error of one part in 100,000 anywhere. */
import { expect, test } from 'vitest';
import { kernels } from '../../src/kernels';
import type { Uniforms } from '../../src/kernels/kernel';
import { numbers } from './numbers';
import { type Inputs, judge, moved, truthOf } from './witness';

const { around } = numbers(5);
const alternating = around(1, 45, 0.1).map((value, i) => (i % 2 ? -value : value));

/** Sums of positive terms, activations beyond their minima, rows of ±1: nothing cancels, so errors stay relative. */
const benign: Readonly<Record<string, { values: Uniforms; inputs: Inputs }>> = {
  add: { values: { size: 9 }, inputs: { a: around(2, 9, 0.3), b: around(2, 9, 0.3) } },
  matmul: {
    values: { rows: 3, inner: 9, cols: 5 },
    inputs: { x: around(2, 27, 0.3), w: around(2, 45, 0.3), bias: around(2, 5, 0.3) },
  },
  unembed: {
    values: { rows: 3, inner: 9, cols: 5 },
    inputs: { x: around(2, 27, 0.3), w: around(2, 45, 0.3), bias: around(2, 5, 0.3) },
  },
  attn_scores: {
    values: { batch: 1, head: 2, query: 3, key: 3, dim: 7, scale: 0.4, causal: 1 },
    inputs: { q: around(2, 42, 0.3), k: around(2, 42, 0.3) },
  },
  softmax: { values: { rows: 3, cols: 9 }, inputs: { x: around(0, 27, 0.3) } },
  attn_mix: {
    values: { batch: 1, head: 2, query: 3, key: 9, dim: 5 },
    inputs: { pattern: around(2, 54, 0.3), v: around(2, 90, 0.3) },
  },
  head_result: {
    values: { rows: 3, head: 2, dim: 7, model: 5 },
    inputs: { z: around(2, 42, 0.3), w: around(2, 70, 0.3) },
  },
  relu: { values: { size: 9 }, inputs: { x: around(2, 9, 0.3) } },
  silu: { values: { size: 9 }, inputs: { x: around(2, 9, 0.3) } },
  gelu: { values: { size: 9 }, inputs: { x: around(2, 9, 0.3) } },
  gelu_new: { values: { size: 9 }, inputs: { x: around(2, 9, 0.3) } },
  normalize: { values: { rows: 5, cols: 9, eps: 1e-5 }, inputs: { x: alternating } },
  layernorm: {
    values: { rows: 5, cols: 9, eps: 1e-5 },
    inputs: { x: alternating, gain: around(2, 9, 0.1), bias: around(0, 9, 0.1) },
  },
  ln_scale: { values: { rows: 5, cols: 9, eps: 1e-5 }, inputs: { x: alternating } },
  ln_divide: { values: { rows: 5, cols: 9 }, inputs: { x: alternating, scale: around(2, 5, 0.1) } },
  ln_affine: {
    values: { rows: 5, cols: 9 },
    inputs: { normalized: alternating, gain: around(2, 9, 0.1), bias: around(0, 9, 0.1) },
  },
  edit: {
    values: { size: 9 },
    inputs: { x: around(2, 9, 0.3), weight: around(2, 9, 0.3), offset: around(2, 9, 0.3) },
  },
};

test.each(Object.entries(benign))('%s: one part in 100,000 is seen in any element', (name, { values, inputs }) => {
  const kernel = kernels[name]!;
  const truth = truthOf(kernel, values, inputs);
  const exact = truth.reference;
  expect(judge(kernel, name, values, exact, truth).miss).toBeUndefined();
  for (const [place, wrong] of moved(exact, (port, i) => 1e-5 * Math.abs(exact[port]![i]!))) {
    expect(judge(kernel, name, values, wrong, truth).miss, place).toBeDefined();
  }
});

test('no kernel is left out but those that copy', () => {
  const copies = ['concat', 'embed', 'extend_keys', 'extend_rows', 'pos_embed'];
  expect([...Object.keys(benign), ...copies].sort()).toEqual(Object.keys(kernels).sort());
});
