/** What is asked: the corrupted prompt, where to patch, and how to measure. */
import { css, html, type TemplateResult } from 'lit';
import type { MetricChoice, PatchSite, Trace } from '../../src/index';
import { corruptedField, tokenFields, valueIn } from './prompt-fields';
import type { CorruptedPrompt } from './two-prompts';

const ABOUT: Readonly<Record<Exclude<PatchSite, 'neuron'>, string>> = {
  resid_pre: 'stream before layers',
  resid_mid: 'stream before MLPs',
  resid_post: 'stream after layers',
  attn_out: 'what attention writes',
  mlp_out: 'what the MLP writes',
  z: 'each head’s output',
  q: 'each head’s queries',
  k: 'each head’s keys',
  v: 'each head’s values',
  pattern: 'each head’s attention',
};

const METRICS: Readonly<Record<MetricChoice['metric'], string>> = {
  'logit-difference': 'logit difference',
  probability: 'probability',
  loss: 'loss on the clean prompt',
  kl: 'KL to the clean run',
};

export type Site = keyof typeof ABOUT;

/** What the reader can set, by the name of its attribute. */
export interface Choices {
  readonly corrupted: string;
  readonly at: Site;
  readonly metric: MetricChoice['metric'];
  readonly answer: string;
  readonly wrong: string;
}

/** The sites that the trace's model has. */
export function sitesOf({ program }: Trace): Site[] {
  const names = Object.keys(program.tensors);
  return (Object.keys(ABOUT) as Site[]).filter((site) => names.some((name) => name.endsWith(`.hook_${site}`)));
}

export function siteOf(trace: Trace, wanted: string): Site {
  return sitesOf(trace).find((site) => site === wanted) ?? 'resid_pre';
}

export function metricOf(wanted: string): MetricChoice['metric'] {
  return Object.hasOwn(METRICS, wanted) ? (wanted as MetricChoice['metric']) : 'logit-difference';
}

export interface FormView extends Choices {
  readonly clean: readonly string[];
  readonly prompt: CorruptedPrompt;
  readonly sites: readonly Site[];
  /** What takes the place of a token that is not given. */
  readonly likeliest: { readonly answer: string; readonly wrong: string };
  readonly busy: boolean;
  readonly onChange: (change: Partial<Choices>) => void;
  readonly onSubmit: () => void;
}

export function formView(view: FormView): TemplateResult {
  const { clean, corrupted, prompt, sites, at, metric, likeliest, busy, onChange } = view;
  return html`<form
    part="form"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      view.onSubmit();
    }}
  >
    ${corruptedField(clean, prompt, corrupted, onChange)}
    <div class="fields">
      <label>Patch
        <select part="site" @change=${(event: Event) => onChange({ at: valueIn(event) as Site })}>
          ${sites.map((site) => html`<option value=${site} ?selected=${site === at}>${site}: ${ABOUT[site]}</option>`)}
        </select>
      </label>
      <label>Measure
        <select part="metric" @change=${(event: Event) => onChange({ metric: metricOf(valueIn(event)) })}>
          ${(Object.keys(METRICS) as MetricChoice['metric'][]).map((one) => html`<option value=${one} ?selected=${one === metric}>${METRICS[one]}</option>`)}
        </select>
      </label>
      ${tokenFields(metric, view, likeliest, onChange)}
      <button part="run" class="primary" aria-disabled=${busy ? 'true' : 'false'}>Run the patches</button>
    </div>
  </form>`;
}

export const formStyles = css`
  .status {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
    margin-block: 1rem;
  }
  progress {
    flex: 1 1 10rem;
    max-width: 24rem;
    height: 0.5rem;
    accent-color: var(--_accent);
  }
  .fields {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem 1rem;
    align-items: end;
  }
  .fields label {
    display: grid;
    gap: 0.125rem;
    min-width: 0;
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .fields label:has(select) {
    flex: 0 1 13rem;
  }
  .fields label:has([part='site']) {
    flex-basis: 18rem;
  }
  .fields select,
  .fields input,
  .fields button {
    min-width: 0;
    max-width: 100%;
    height: 2.25rem;
    color: var(--_text);
    font-size: 0.9375rem;
  }
  .fields input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  .fields input {
    width: 7.5rem;
    font-family: var(--_mono);
  }
  .fields .primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: light-dark(#fff, #07130f);
    font-weight: 600;
  }
  .fields .primary[aria-disabled='true'] {
    border-color: var(--_line);
    background: var(--_sunken);
    color: var(--_muted);
    cursor: default;
  }
  @media (forced-colors: active) {
    .fields .primary[aria-disabled='true'] {
      color: GrayText;
    }
  }
`;
