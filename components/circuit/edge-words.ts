import { formatPercent, formatValue } from '../shared/text';
import type { Circuit, CircuitEdge } from './circuit-answer';
import { shareOf } from './effects';

/** An edge's numbers and what was measured, in sentences. */
export function edgeInWords(circuit: Circuit, edge: CircuitEdge): string[] {
  const { metric, clean, empty, asked } = circuit;
  const { effect, kept, path } = edge;
  const share = shareOf(circuit, edge);
  const fate = kept
    ? 'it is a part of the circuit'
    : effect !== null && effect >= asked.threshold
      ? 'it was removed, for it lies on no way from the embedding to the logits'
      : 'it was removed';
  const sentences = [
    effect === null
      ? 'The search ended before it was tested.'
      : `Without it, the KL to the clean run grew by ${formatValue(effect)} nats when it was tested: ${fate}.`,
  ];
  if (path !== null) {
    const way =
      share === null
        ? ''
        : `, ${formatPercent(Math.abs(share))} of the way ${share < 0 ? 'away from' : 'to'} the corrupted prompt’s ${formatValue(empty)}`;
    sentences.push(
      `With the corrupted prompt’s information on this path alone, the ${metric.name} is ${formatValue(path)} instead of ${formatValue(clean)}${way}.`,
    );
  }
  return sentences;
}
