/** The clean and the corrupted prompt, token by token. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Tokenizer } from '../../src/index';
import { visibleToken } from '../shared/text';

export interface CorruptedPrompt {
  readonly ids: readonly number[];
  readonly labels: readonly string[];
  /** Why the text cannot be run. */
  readonly error: Error | null;
}

export function tokenize(text: string, tokenizer: Tokenizer): CorruptedPrompt {
  try {
    const ids = tokenizer.encode(text);
    return { ids, labels: ids.map((id) => tokenizer.token(id)), error: null };
  } catch (error) {
    return { ids: [], labels: [], error: error as Error };
  }
}

/** How the corrupted prompt differs from the clean one; where their lengths do, with both. */
export function comparison(clean: readonly string[], { labels, error }: CorruptedPrompt): TemplateResult {
  if (error) return html`<span part="error" class="problem">${error.message}</span>`;
  if (labels.length === 0) {
    return html`<span class="muted">Write the prompt with something in it changed, as many tokens long.</span>`;
  }
  if (labels.length !== clean.length) {
    return html`<span part="error" class="problem">The clean prompt has ${count(clean.length)}, the corrupted one
        ${labels.length}: patching goes position by position, so that they must have the same number.</span>
      ${pairs(clean, labels)}`;
  }
  const changed = labels.flatMap((label, pos) => (label === clean[pos] ? [] : [pos]));
  if (changed.length === 0) return html`<span class="muted">It is the same as the clean prompt: change a token.</span>`;
  const [first, more] = [changed[0]!, changed.length - 1];
  return html`<span class="muted">${count(labels.length)}, as the clean prompt has; ${changed.length}
    ${more === 0 ? 'differs' : 'differ'}: <b>${visibleToken(labels[first]!)}</b> instead of
    <b>${visibleToken(clean[first]!)}</b> (pos ${first})${more === 0 ? '' : ` and ${more} more`}.</span>`;
}

function pairs(clean: readonly string[], corrupted: readonly string[]): TemplateResult {
  const length = Math.max(clean.length, corrupted.length);
  const cell = (label: string | undefined) => (label === undefined ? nothing : visibleToken(label));
  return html`<div class="pairs" part="pairs" role="group" aria-label="Tokens of both prompts" tabindex="0"><table>
    <tr><th>pos</th>${Array.from({ length }, (_, pos) => html`<td class="pos">${pos}</td>`)}</tr>
    <tr><th>clean</th>${Array.from({ length }, (_, pos) => html`<td>${cell(clean[pos])}</td>`)}</tr>
    <tr><th>corrupted</th>${Array.from(
      { length },
      (_, pos) => html`<td class=${clean[pos] === corrupted[pos] ? '' : 'other'}>${cell(corrupted[pos])}</td>`,
    )}</tr>
  </table></div>`;
}

function count(tokens: number): string {
  return tokens === 1 ? '1 token' : `${tokens} tokens`;
}

export const twoPromptsStyles = css`
  .pairs {
    overflow-x: auto;
    margin-top: 0.5rem;
    padding-bottom: 0.25rem;
  }
  .pairs table {
    border-collapse: collapse;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .pairs th {
    padding-right: 0.75rem;
    color: var(--_muted);
    font: 0.8125rem / 1.5 var(--_font);
    text-align: left;
  }
  .pairs td {
    padding: 0.05rem 0.35rem;
    text-align: center;
    white-space: nowrap;
  }
  .pairs .pos {
    color: var(--_muted);
    font-size: 0.6875rem;
  }
  .pairs .other {
    color: var(--_danger);
    font-weight: 700;
  }
`;
