import { html, nothing, type TemplateResult } from 'lit';
import type { Axis } from '../../src/index';
import type { View, WantedView } from './axes';
import { type Range, ranges } from './coloring';
import { type Comparison, comparisons } from './comparisons';
import type { Buffer } from './read-buffer';

export interface ControlsView {
  readonly buffer: Buffer;
  /** All that can be chosen. */
  readonly tensors: readonly string[];
  readonly weights: readonly string[];
  readonly comparison: Comparison;
  readonly possible: readonly Comparison[];
  readonly range: Range;
  readonly bits: boolean;
  readonly stale: boolean;
  /** Where an axis that is cut is asked to be. */
  readonly at: (axis: Axis) => number;
  readonly onTensor: (name: string) => void;
  readonly onAxes: (change: { rows?: string; cols?: string }) => void;
  readonly onIndex: (axis: Axis, i: number) => void;
  readonly onComparison: (comparison: Comparison) => void;
  readonly onRange: (range: Range) => void;
  readonly onBits: (bits: boolean) => void;
}

const chosen = (event: Event) => (event.target as HTMLSelectElement).value;

export function controls(view: ControlsView): TemplateResult {
  const { buffer, tensors, weights, comparison, possible, range, bits, stale } = view;
  const option = (value: string, label: string, selected: boolean, disabled = false) =>
    html`<option value=${value} .selected=${selected} ?disabled=${disabled}>${label}</option>`;
  const names = (list: readonly string[]) => list.map((name) => option(name, name, name === buffer.name));
  const listed = tensors.includes(buffer.name) || weights.includes(buffer.name);
  return html`<div class="controls" part="controls">
      <label class="wide">Tensor
        <select name="tensor" @change=${(event: Event) => view.onTensor(chosen(event))}>
          ${listed ? nothing : names([buffer.name])}
          <optgroup label="Activations">${names(tensors)}</optgroup>
          ${weights.length > 0 ? html`<optgroup label="Weights">${names(weights)}</optgroup>` : nothing}
        </select>
      </label>
      ${axisChoices(view)}
      <label>Compare with
        <select name="compare" @change=${(event: Event) => view.onComparison(chosen(event) as Comparison)}>
          ${Object.entries(comparisons).map(([name, label]) =>
            option(name, label, name === comparison, name !== comparison && !possible.includes(name as Comparison)),
          )}
        </select>
      </label>
      <label>Colours
        <select name="range" title="Beyond this share of the magnitudes the colour stays the same"
          @change=${(event: Event) => view.onRange(chosen(event) as Range)}>
          ${Object.keys(ranges).map((name) => option(name, name === 'full' ? 'all values' : name, name === range))}
        </select>
      </label>
      <label><input type="checkbox" name="bits" .checked=${bits}
        @change=${({ target }: Event) => view.onBits((target as HTMLInputElement).checked)} /> bits</label>
      <span class="muted working" role="status">${stale ? 'working…' : ''}</span>
    </div>
    ${sliders(view)}`;
}

function axisChoices({ buffer: { layout, view }, onAxes }: ControlsView): TemplateResult | typeof nothing {
  if (layout.axes.length === 0) return nothing;
  const options = (current: Axis | null, none: boolean) => html`
    ${none ? html`<option value="none" .selected=${current === null}>none</option>` : nothing}
    ${layout.axes.map((axis, i) => html`<option value=${axis} .selected=${axis === current}>${axis} ${layout.shape[i]}</option>`)}`;
  return html`<label>Rows
      <select name="rows" @change=${(event: Event) => onAxes({ rows: chosen(event) })}>${options(view.rows, true)}</select>
    </label>
    <label>Columns
      <select name="cols" @change=${(event: Event) => onAxes({ cols: chosen(event) })}>${options(view.cols, false)}</select>
    </label>`;
}

/** A slider and a number for each axis that is cut and has more than one index. */
function sliders({ buffer: { layout, view }, at, onIndex }: ControlsView): TemplateResult | typeof nothing {
  const cut = (Object.keys(view.fixed) as Axis[]).filter((axis) => layout.shape[layout.axes.indexOf(axis)]! > 1);
  if (cut.length === 0) return nothing;
  return html`<div class="sliders" part="sliders">${cut.map((axis) => {
    const last = layout.shape[layout.axes.indexOf(axis)]! - 1;
    const change = ({ target }: Event) => {
      const { value, valueAsNumber } = target as HTMLInputElement;
      if (value !== '') onIndex(axis, Math.max(0, Math.min(last, Math.trunc(valueAsNumber))));
    };
    return html`<div class="slider">
      <span>${axis}</span>
      <input type="range" min="0" max=${last} step="1" aria-label="${axis}, 0 to ${last}" name=${axis} .value=${String(at(axis))} @input=${change} />
      <input type="number" min="0" max=${last} step="1" aria-label="${axis} as a number" .value=${String(at(axis))} @change=${change} />
    </div>`;
  })}</div>`;
}

/** Which axes are wanted after a choice: where it is the one that the other way has, the two change places. */
export function axesAfter(
  view: View,
  { rows, cols }: Pick<WantedView, 'rows' | 'cols'>,
  change: { readonly rows?: string; readonly cols?: string },
): Pick<WantedView, 'rows' | 'cols'> {
  if (change.rows !== undefined) return { rows: change.rows, cols: change.rows === view.cols ? view.rows : cols };
  const chosen = change.cols ?? cols;
  return { cols: chosen, rows: chosen === view.rows ? view.cols : rows };
}
