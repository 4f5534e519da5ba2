/** Test inputs from a seed. */
export { uniform as random } from '../../src/tensor/random';
export { HOSTILE, type Numbers, ODD_SIZES, random as numbers } from '../../src/testing';

/** Sizes of three parts for q, k and v with a gap after each, as those have that begin where a binding may. */
export function threeParts(inner: number, cols: number) {
  return { parts: 3, w_step: inner * cols + 6, bias_step: cols + 3 };
}
