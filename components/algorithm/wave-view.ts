/** The choice of a neuron, and its activation over all pairs of operands. */
import { css, html, type TemplateResult } from 'lit';
import type { Cell } from '../shared/canvas-grid';
import { gradient, sequential } from '../shared/colors';
import { controlsStyles } from '../shared/controls-styles';
import { within } from '../shared/selection';
import { formatShort, formatValue } from '../shared/text';
import type { Sums } from './card';
import type { Wave } from './neuron-wave';

export interface WaveView {
  readonly sums: Sums;
  readonly neuron: number | null;
  readonly wave: Wave | null;
  /** What is shown in place of a wave. */
  readonly message: string | TemplateResult;
  readonly isProblem: boolean;
  readonly stale: boolean;
  readonly cell: Cell | null;
  readonly onNeuron: (neuron: number) => void;
  readonly onCell: (cell: Cell) => void;
}

export function waveView(view: WaveView): TemplateResult {
  const { sums, neuron, wave, message, isProblem, stale, onNeuron } = view;
  const group = sums.groups.find(({ neurons }) => neurons.some((one) => one.neuron === neuron));
  const shown = group ?? sums.groups[0]!;
  const choose = ({ target }: Event) => onNeuron(Number((target as HTMLSelectElement).value));
  return html`<section role="group" aria-label="What a neuron does" part="wave">
    <div class="title">What a neuron does</div>
    <div class="controls">
      <label>Holds
        <select part="group" @change=${({ target }: Event) => onNeuron(sums.groups[Number((target as HTMLSelectElement).value)]!.neurons[0]!.neuron)}>
          ${sums.groups.map(
            (one, i) =>
              html`<option value=${i} .selected=${one === shown}>${one.name} (${one.neurons.length})</option>`,
          )}
        </select>
      </label>
      <label>Neuron
        <select part="neuron" @change=${choose}>
          ${group || neuron === null ? '' : html`<option value=${neuron} .selected=${true}>0.${neuron}: in no group</option>`}
          ${shown.neurons.map(
            (one) => html`<option value=${one.neuron} .selected=${one.neuron === neuron}>0.${one.neuron}</option>`,
          )}
        </select>
      </label>
      <span class="muted working" role="status">${stale ? 'running all pairs…' : ''}</span>
    </div>
    ${
      wave
        ? html`<div class=${stale ? 'stale' : ''}>${waveOf(view, wave)}</div>`
        : html`<p part="wave-message" class=${isProblem ? 'problem' : 'muted'} role=${isProblem ? 'alert' : 'note'}>${message}</p>`
    }
  </section>`;
}

function waveOf({ sums, cell, onCell }: WaveView, { neuron, matrix, min, max }: Wave): TemplateResult {
  const { modulus, groups } = sums;
  const about = groups.flatMap(({ neurons }) => neurons).find((one) => one.neuron === neuron)?.words;
  const active = { row: within(cell?.row ?? 0, modulus), col: within(cell?.col ?? 0, modulus) };
  const value = matrix.values[active.row * modulus + active.col]!;
  return html`
    <div class="wave">
      <fluoro-wave-grid
        part="figure map"
        label=${`Activation of neuron 0.${neuron} at “=”: a row per a, a column per b`}
        .matrix=${matrix}
        .min=${min}
        .max=${max}
        .active=${active}
        .describeCell=${({ row, col }: Cell, one: number) => `a ${row}, b ${col}, sum ${(row + col) % modulus}: ${formatValue(one)}`}
        @fluoro-cell-select=${({ detail }: CustomEvent<Cell>) => onCell(detail)}
      ></fluoro-wave-grid>
      <div class="beside">
        <output part="readout">${active.row} + ${active.col} = ${(active.row + active.col) % modulus}: <strong>${formatValue(value)}</strong></output>
        <span class="legend"><span>${formatShort(min)}</span><span .style=${`background: ${gradient(sequential)}`}></span><span>${formatShort(max)}</span></span>
        <p>Its activation at “=” for all ${(modulus * modulus).toLocaleString('en')} pairs, from one run of them.
          ${about ? html`Over these, ${about}.` : ''}</p>
        <p class="name muted">blocks.0.mlp.hook_post · neuron ${neuron}</p>
      </div>
    </div>`;
}

export const waveStyles = css`
  ${controlsStyles}
  .controls {
    column-gap: 1rem;
  }
  .controls :is(label, select) {
    min-width: 0;
  }
  .controls select {
    max-width: 100%;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .working {
    min-width: 9em;
  }
  .wave {
    display: grid;
    gap: 1rem 2rem;
  }
  .wave > * {
    min-width: 0;
  }
  @container (min-width: 44rem) {
    .wave {
      grid-template-columns: 31.5rem 1fr;
    }
  }
  .beside {
    display: grid;
    gap: 0.75rem;
    align-content: start;
  }
  output {
    font: 0.9375rem / 1.5 var(--_mono);
  }
`;
