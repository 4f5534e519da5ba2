/** What is asked: the corrupted prompt, how to measure, and from which effect on an edge is kept. */
import { html, type TemplateResult } from 'lit';
import { corruptedField, tokenFields, valueIn } from '../patching/prompt-fields';
import type { CorruptedPrompt } from '../patching/two-prompts';
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
  return html`<form
    part="form"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      view.onSubmit();
    }}
  >
    ${corruptedField(clean, prompt, corrupted, onChange)}
    <div class="fields">
      <label>Measure
        <select part="metric" @change=${(event: Event) => onChange({ metric: metricOf(valueIn(event)) })}>
          ${Object.entries(METRICS).map(
            ([one, label]) => html`<option value=${one} ?selected=${one === metric}>${label}</option>`,
          )}
        </select>
      </label>
      ${tokenFields(metric, view, { answer: 'likeliest', wrong: 'likeliest' }, onChange)}
      <label>Threshold, nats
        <input part="threshold" type="number" min="0" step="any" .value=${String(threshold)}
          @change=${(event: Event) => onChange({ threshold: Number(valueIn(event)) })} />
      </label>
      <button part="run" class="primary" aria-disabled=${busy ? 'true' : 'false'}>Find the circuit</button>
    </div>
  </form>`;
}
