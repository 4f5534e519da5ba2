/** What of a circuit is not as the reader may think, in sentences. */
import type { Trace } from '../../src/index';
import { formatValue } from '../shared/text';
import { type Circuit, type CircuitRequest, keyOf } from './circuit-answer';

export interface Noted {
  readonly trace: Trace;
  readonly runnable: boolean;
  /** Whether it was found here. */
  readonly own: boolean;
  /** What the form says. */
  readonly asked: CircuitRequest;
  /** What ended the search. */
  readonly ending: string;
}

export function notesOf(circuit: Circuit, { trace, runnable, own, asked, ending }: Noted): string[] {
  const { labels, complete, done, total, emptyKl } = circuit;
  const notes: string[] = [];
  if (!complete) {
    notes.push(
      `${ending || 'Stopped'}: ${done} of ${total} edges were tested; the others count as parts of the circuit and are not drawn.`,
    );
  }
  if (complete && emptyKl < circuit.asked.threshold) {
    notes.push(
      `Without any edge the KL is ${formatValue(emptyKl)} nats, less than the threshold: lower it, or choose prompts of which the model expects more different things.`,
    );
  }
  if (own && runnable && String(labels) !== String(trace.labels[0])) {
    notes.push('This is of the earlier prompt, until you look again.');
  } else if (runnable && keyOf(circuit.asked) !== keyOf(asked)) {
    notes.push('This is of the earlier choices, until you look again.');
  }
  if (trace.edits.length > 0) {
    notes.push('The circuit is that of the model as it is: the edits of this run are no part of the search.');
  }
  return notes;
}
