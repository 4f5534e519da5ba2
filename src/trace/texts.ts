/** A recording brings no tokenizer. It may carry, among its answers, the texts of tokens beside the prompt's own. */
import type { Trace } from './trace';

/** The key among a trace's answers; the answer is an object from a token's id to its text. */
export const TEXTS = 'texts';

/** The text of a token in a recording: one of its prompt's, or one that it carries the text of; null where it has neither. */
export function recordedText(trace: Trace, id: number): string | null {
  const pos = trace.tokens[0]!.indexOf(id);
  if (pos >= 0) return trace.labels[0]![pos]!;
  const texts = trace.answers?.get(TEXTS);
  const text = typeof texts === 'object' && texts !== null ? (texts as Record<string, unknown>)[id] : null;
  return typeof text === 'string' ? text : null;
}
