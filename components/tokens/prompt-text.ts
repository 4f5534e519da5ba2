import type { RunView } from '../shared/run-context';

/** The text of the prompt: what was asked for, else that of the recording, empty while nobody knows it. */
export function promptText({ prompt, trace, tokenizer }: RunView): string {
  const recorded = trace?.answers?.get('prompt?'); // a file may hold anything there
  if (typeof prompt === 'string') return prompt;
  if (typeof recorded === 'string') return recorded;
  return trace && trace.kind !== 'recorded' && tokenizer ? tokenizer.decode(trace.tokens[0]!) : '';
}
