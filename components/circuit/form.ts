/** What is asked: the corrupted prompt, how to measure, and from which effect on an edge is kept. */
import { html, nothing, type TemplateResult } from 'lit';
import { type CorruptedPrompt, comparison } from '../patching/two-prompts';
import type { CircuitRequest } from './circuit-answer';
import { METRICS, metricOf } from './metrics';

export interface FormView extends CircuitRequest {
  readonly clean: readonly string[];
  readonly prompt: CorruptedPrompt;
  readonly busy: boolean;
  readonly onChange: (change: Partial<CircuitRequest>) => void;
  readonly onSubmit: () => void;
}

export function formView(view: FormView): TemplateResult {
  const { clean, corrupted, prompt, metric, threshold, busy, onChange } = view;
  const unfit = prompt.error !== null || (prompt.labels.length > 0 && prompt.labels.length !== clean.length);
  const valueIn = (event: Event) => (event.target as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement).value;
  const token = (name: 'answer' | 'wrong', label: string) => html`<label>${label}
    <input part=${name} spellcheck="false" autocapitalize="off" autocomplete="off" placeholder="likeliest"
      .value=${view[name]} @input=${(event: Event) => onChange({ [name]: valueIn(event) })} /></label>`;
  return html`<form
    part="form"
    aria-label="The circuit that is looked for"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      view.onSubmit();
    }}
  >
    <label for="corrupted">Corrupted prompt</label>
    <textarea
      id="corrupted"
      part="corrupted"
      rows="1"
      spellcheck="false"
      autocapitalize="off"
      autocomplete="off"
      aria-invalid=${unfit ? 'true' : 'false'}
      aria-describedby="comparison"
      .value=${corrupted}
      @input=${(event: Event) => onChange({ corrupted: valueIn(event) })}
    ></textarea>
    <div class="below" id="comparison" part="comparison">${comparison(clean, prompt)}</div>
    <div class="fields">
      <label>Measure
        <select part="metric" @change=${(event: Event) => onChange({ metric: metricOf(valueIn(event)) })}>
          ${Object.entries(METRICS).map(
            ([one, label]) => html`<option value=${one} ?selected=${one === metric}>${label}</option>`,
          )}
        </select>
      </label>
      ${metric === 'logit-difference' || metric === 'probability' ? token('answer', 'Answer') : nothing}
      ${metric === 'logit-difference' ? token('wrong', 'Wrong token') : nothing}
      <label>Threshold, nats
        <input part="threshold" type="number" min="0" step="any" .value=${String(threshold)}
          @change=${(event: Event) => onChange({ threshold: Number(valueIn(event)) })} />
      </label>
      <button part="run" class="primary" aria-disabled=${busy ? 'true' : 'false'}>Find the circuit</button>
    </div>
  </form>`;
}
