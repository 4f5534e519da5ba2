/** What a question about two prompts asks for: the corrupted prompt, and the tokens that are measured. */
import { html, nothing, type TemplateResult } from 'lit';
import { promptField } from '../shared/prompt-field';
import { type CorruptedPrompt, comparison } from './two-prompts';

export interface PromptFields {
  readonly corrupted: string;
  readonly answer: string;
  readonly wrong: string;
}

type OnChange = (change: Partial<PromptFields>) => void;

export const valueIn = (event: Event): string =>
  (event.target as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement).value;

/** @param clean the other prompt's tokens */
export function corruptedField(
  clean: readonly string[],
  prompt: CorruptedPrompt,
  corrupted: string,
  onChange: OnChange,
): TemplateResult {
  const unfit = prompt.error !== null || (prompt.labels.length > 0 && prompt.labels.length !== clean.length);
  return html`
    ${promptField({
      name: 'corrupted',
      label: 'Corrupted prompt',
      text: corrupted,
      invalid: unfit,
      describedBy: 'comparison',
      onText: (text) => onChange({ corrupted: text }),
    })}
    <div class="below" id="comparison" part="comparison">${comparison(clean, prompt)}</div>`;
}

/** The tokens that a metric takes; `likeliest` take the place of those that are not given. */
export function tokenFields(
  metric: string,
  given: Pick<PromptFields, 'answer' | 'wrong'>,
  likeliest: Pick<PromptFields, 'answer' | 'wrong'>,
  onChange: OnChange,
): TemplateResult {
  const token = (name: 'answer' | 'wrong', label: string) => html`<label>${label}
    <input part=${name} spellcheck="false" autocapitalize="off" autocomplete="off" placeholder=${likeliest[name]}
      .value=${given[name]} @input=${(event: Event) => onChange({ [name]: valueIn(event) })} /></label>`;
  return html`${metric === 'logit-difference' || metric === 'probability' ? token('answer', 'Answer') : nothing}
    ${metric === 'logit-difference' ? token('wrong', 'Wrong token') : nothing}`;
}
