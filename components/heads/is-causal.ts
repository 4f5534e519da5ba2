import type { Trace } from '../../src/index';

/** The step that made the scores knows whether later keys were masked. */
export function isCausal({ program }: Trace, pattern: string): boolean {
  const scores = pattern.replace('hook_pattern', 'hook_attn_scores');
  return program.steps.some((step) => Object.values(step.outputs).includes(scores) && step.uniforms.causal === 1);
}

/** Whether a pair's key comes after its query, of a [query, key] matrix. */
export function comesLater(i: number, cols: number): boolean {
  return i % cols > i / cols; // The row and a part of one.
}
