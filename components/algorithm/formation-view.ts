/** How an algorithm formed: curves over training, one checkpoint in words, all of them in a table. */
import { css, html, type TemplateResult } from 'lit';
import type { Formation, FormationRow, Scores } from '../../src/index';
import { formatValue } from '../shared/text';
import { percent } from './card';
import type { LossCurve } from './history';
import { type Series, stepPlot } from './step-plot';

export interface FormationView {
  readonly formation: Formation;
  readonly history: readonly LossCurve[] | null;
  /** Which row is read. */
  readonly active: number;
  readonly onActive: (row: number) => void;
}

export function formationView({ formation, history, active, onActive }: FormationView): TemplateResult {
  const { rows, neurons, frequencies } = formation;
  const row = rows[active]!;
  const steps = rows.map(({ step }) => step);
  const plot = { steps, active };
  return html`
    <div class="columns">
      ${stepPlot({ ...plot, title: 'Loss', about: 'nats, logarithmic', scale: 'log', series: losses(rows, history) })}
      ${stepPlot({ ...plot, title: 'Structure', about: 'each from 0 to 1', scale: 'share', series: structure(rows, neurons) })}
    </div>
    <label class="slider">Checkpoint
      <input part="slider" type="range" min="0" max=${rows.length - 1} .value=${String(active)}
        aria-valuetext=${`step ${row.step.toLocaleString('en')}`}
        @input=${({ target }: Event) => onActive(Number((target as HTMLInputElement).value))} />
      <b>step ${row.step.toLocaleString('en')}</b>
    </label>
    <output part="readout">${inWords(row, formation)}</output>
    <details>
      <summary>All checkpoints as a table</summary>
      <div class="scroll" part="table" tabindex="0" role="group" aria-label="All checkpoints">${table(rows, frequencies)}</div>
    </details>
  `;
}

/** The subset of that name, or all prompts where a formation has none. */
function of(scores: Scores, set: string) {
  return scores[set] ?? scores.all!;
}

function losses(rows: readonly FormationRow[], history: readonly LossCurve[] | null): Series[] {
  const behind = (of: 'train' | 'test') =>
    history ? { dense: history.map((one) => ({ step: one.step, value: one[of] })) } : {};
  return [
    { name: 'train', look: 0, values: rows.map(({ clean }) => of(clean, 'train').loss), ...behind('train') },
    { name: 'test', look: 1, values: rows.map(({ clean }) => of(clean, 'test').loss), ...behind('test') },
    {
      name: 'restricted to the key frequencies, test',
      look: 2,
      values: rows.map((row) => of(row.restricted, 'test').loss),
    },
    { name: 'key frequencies excluded, train', look: 3, values: rows.map((row) => of(row.excluded, 'train').loss) },
  ];
}

function structure(rows: readonly FormationRow[], neurons: number): Series[] {
  return [
    { name: 'test accuracy', look: 1, values: rows.map(({ clean }) => of(clean, 'test').accuracy) },
    { name: 'Gini coefficient of the embedding’s spectrum', look: 2, values: rows.map(({ gini }) => gini) },
    { name: 'neurons of one clean frequency', look: 3, values: rows.map(({ tuned }) => tuned / neurons) },
  ];
}

function inWords(row: FormationRow, { neurons, clean, frequencies }: Formation): TemplateResult {
  const { step, gini, tuned, tunedToKeys, embeddingShare } = row;
  const loss = (scores: Scores, set: string) => html`<b>${formatValue(of(scores, set).loss)}</b>`;
  const right = (set: string) => percent(of(row.clean, set).accuracy);
  return html`After ${step.toLocaleString('en')} steps the loss is ${loss(row.clean, 'train')} nats on the pairs of training
    (${right('train')} right) and ${loss(row.clean, 'test')} on the others (${right('test')} right). Restricted to the final
    model’s key frequencies (${frequencies.join(', ')}) it is ${loss(row.restricted, 'test')} on the others; with these
    excluded, ${loss(row.excluded, 'train')} on the pairs of training. They hold ${percent(embeddingShare)} of the
    embedding’s power, whose Gini coefficient is <b>${gini.toFixed(3)}</b>. One frequency explains at least
    ${percent(clean)} of <b>${tuned}</b> of the ${neurons} neurons, a key one of <b>${tunedToKeys}</b>.`;
}

function table(rows: readonly FormationRow[], frequencies: readonly number[]): TemplateResult {
  return html`<table>
    <caption class="hidden">Each checkpoint, by the key frequencies ${frequencies.join(', ')}</caption>
    <thead><tr><th scope="col">step</th><th scope="col">loss <small>train</small></th><th scope="col">loss <small>test</small></th>
      <th scope="col">accuracy <small>train</small></th><th scope="col">accuracy <small>test</small></th>
      <th scope="col">restricted <small>test</small></th><th scope="col">excluded <small>train</small></th>
      <th scope="col">Gini</th><th scope="col">neurons <small>clean</small></th><th scope="col">of them <small>of a key frequency</small></th></tr></thead>
    <tbody>${rows.map(
      ({ step, clean, restricted, excluded, gini, tuned, tunedToKeys }) => html`<tr>
        <th scope="row">${step.toLocaleString('en')}</th>
        ${[of(clean, 'train').loss, of(clean, 'test').loss].map((value) => html`<td>${formatValue(value)}</td>`)}
        ${['train', 'test'].map((set) => html`<td>${percent(of(clean, set).accuracy)}</td>`)}
        ${[of(restricted, 'test').loss, of(excluded, 'train').loss].map((value) => html`<td>${formatValue(value)}</td>`)}
        <td>${gini.toFixed(3)}</td><td>${tuned}</td><td>${tunedToKeys}</td>
      </tr>`,
    )}</tbody>
  </table>`;
}

export const formationStyles = css`
  :host {
    container-type: inline-size;
  }
  .columns {
    display: grid;
    gap: 1.5rem 2.5rem;
  }
  @container (min-width: 52rem) {
    .columns {
      grid-template-columns: 3fr 2fr;
    }
  }
  .origin {
    margin-bottom: 0.75rem;
  }
  b {
    font: 600 0.875em var(--_mono);
  }
  figcaption b {
    font: inherit;
    font-weight: 600;
  }
  .slider {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
    margin: 1.25rem 0 0.5rem;
  }
  .slider input {
    flex: 1 1 12rem;
    min-width: 0;
    max-width: 30rem;
    padding: 0;
    border: 0;
    background: none;
    accent-color: var(--_accent);
  }
  .slider b {
    min-width: 7em;
  }
  output {
    display: block;
    max-width: 62rem;
  }
  details {
    margin-top: 1rem;
  }
  summary {
    width: max-content;
    max-width: 100%;
    color: var(--_muted);
    font-size: 0.875rem;
    cursor: pointer;
  }
`;
