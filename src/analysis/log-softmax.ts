/** ln softmax over one row of logits in float64: x − max − ln Σ exp(x − max). */
export function logSoftmax(logits: Float32Array): Float64Array {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const log = Math.log(sum);
  return Float64Array.from(logits, (logit) => logit - most - log);
}

/**
 * KL(p ‖ q) = Σ p (ln p − ln q) in nats, of two distributions given as logarithms. Summed as Σ p (d + e⁻ᵈ − 1) with
 * d = ln p − ln q, which is the same as q − p sums to nothing: no term is negative, so that close ones do not cancel.
 */
export function klDivergence(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const d = p[i]! - q[i]!;
    const own = Math.exp(p[i]!);
    // Far apart e⁻ᵈ may overflow where p is 0.
    sum += Math.abs(d) < 0.5 ? own * Math.max(0, d + Math.expm1(-d)) : own * d + Math.exp(q[i]!) - own;
  }
  return sum;
}
