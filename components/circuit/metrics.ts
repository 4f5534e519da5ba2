/** What can be measured of the logits. */
import type { MetricChoice } from '../../src/index';

export const METRICS: Readonly<Record<MetricChoice['metric'], string>> = {
  'logit-difference': 'logit difference',
  probability: 'probability',
  loss: 'loss on the clean prompt',
  kl: 'KL to the clean run',
};

/** An attribute may hold anything. */
export function metricOf(wanted: string): MetricChoice['metric'] {
  return Object.hasOwn(METRICS, wanted) ? (wanted as MetricChoice['metric']) : 'logit-difference';
}
