/** What is needed to look for a circuit, over a recording nothing: it is loaded where there is a model. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Trace } from '../../src/index';
import { formStyles } from '../patching/form';
import { type CorruptedPrompt, twoPromptsStyles } from '../patching/two-prompts';
import { promptFieldStyles } from '../shared/prompt-field';
import type { Question } from '../shared/run-context';
import type { Circuit, CircuitRequest } from './circuit-answer';
import type { CircuitProgress } from './find-circuit';

export { tokenize } from '../patching/two-prompts';
export { formView } from './form';

export const askingStyles = css`${promptFieldStyles}${formStyles}${twoPromptsStyles}`;

/** Why nothing can be searched; empty where something can. */
export function refusalOf({ ids, error }: CorruptedPrompt, trace: Trace | null): string {
  const clean = trace?.tokens[0] ?? [];
  if (error || (ids.length > 0 && ids.length !== clean.length)) {
    return 'The corrupted prompt does not fit: see below it.';
  }
  if (ids.length === 0) return 'Write a corrupted prompt first.';
  return String(ids) === String(clean) ? 'Both prompts are the same: change a token of the corrupted one.' : '';
}

export interface Search {
  readonly asked: CircuitRequest;
  /** Token ids. */
  readonly corrupted: readonly number[];
  /** The answer's. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CircuitProgress) => void;
}

type Ask = (question: Question<Circuit>, signal: AbortSignal, key: string) => Promise<Circuit>;

/** What was found, or null, and how it ended: why nothing was found, or why not all edges were tested. */
export async function search(
  ask: Ask,
  { asked, corrupted, key, signal, onProgress }: Search,
): Promise<{ readonly found: Circuit | null; readonly said: string }> {
  try {
    const found = await ask(
      async (model, trace, stop) => {
        const { findCircuit } = await import('./find-circuit');
        return findCircuit(model, trace, asked, corrupted, { ...stop, onProgress });
      },
      signal,
      key,
    );
    return { found, said: signal.aborted ? 'Cancelled' : 'Stopped by the next prompt' };
  } catch (error) {
    const { name, message } = error as Error;
    const said = signal.aborted ? 'Cancelled before the first edge.' : 'Stopped by the next prompt.';
    return { found: null, said: name === 'AbortError' ? said : message };
  }
}

export function statusView(progress: CircuitProgress | null, problem: string, onCancel: () => void): TemplateResult {
  return html`<div class="status" ?hidden=${!progress && !problem}>
    <div role="status">${
      progress
        ? `${progress.done} of ${progress.total || '…'} ${progress.what === 'edges' ? 'edges tested' : 'paths measured'}`
        : problem
          ? html`<span part="error" class="problem">${problem}</span>`
          : nothing
    }</div>
    ${
      progress
        ? html`<progress part="progress" aria-label="The search" max=${progress.total || 1} value=${progress.done}></progress>
            <button part="cancel" type="button" @click=${onCancel}>Cancel</button>`
        : nothing
    }
  </div>`;
}
