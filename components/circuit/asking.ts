/** What is needed to look for a circuit, over a recording nothing: it is loaded where there is a model. */
import type { CSSResult } from 'lit';
import type { Trace } from '../../src/index';
import { formStyles } from '../patching/form';
import { type CorruptedPrompt, twoPromptsStyles } from '../patching/two-prompts';
import { promptFieldStyles } from '../shared/prompt-field';

export { tokenize } from '../patching/two-prompts';
export { formView } from './form';

export const askingStyles: readonly CSSResult[] = [promptFieldStyles, formStyles, twoPromptsStyles];

/** Why nothing can be searched; empty where something can. */
export function refusalOf({ ids, error }: CorruptedPrompt, trace: Trace | null): string {
  const clean = trace?.tokens[0] ?? [];
  if (error || (ids.length > 0 && ids.length !== clean.length)) {
    return 'The corrupted prompt does not fit: see below it.';
  }
  if (ids.length === 0) return 'Write a corrupted prompt first.';
  return String(ids) === String(clean) ? 'Both prompts are the same: change a token of the corrupted one.' : '';
}
