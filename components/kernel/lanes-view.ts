import { css, html, type TemplateResult } from 'lit';
import type { Lane, Variable, VariableValue } from '../../src/index';
import { formatValue } from '../shared/text';

/** Numbers of an array that are shown before "and so many more". */
const SHOWN = 64;

export interface LanesOptions {
  readonly lanes: readonly Lane[];
  readonly front: readonly number[];
  readonly chosen: number;
  /** Lanes side by side, as in the workgroup; 16 at most. */
  readonly width: number;
  readonly onChoose: (lane: number) => void;
}

/** Every lane as a square, a choice among them, and the chosen one's variables. */
export function lanesView({ lanes, front, chosen, width, onChoose }: LanesOptions): TemplateResult {
  const first = new Set(front);
  const lane = lanes[chosen]!;
  const state = ({ index, state: at, line }: Lane) =>
    at === 'done'
      ? 'has ended'
      : at === 'waiting'
        ? `waits on line ${line}`
        : first.has(index)
          ? `runs line ${line} next`
          : `comes later to line ${line}`;
  return html`
    <div class="lanes-head">
      <label>Lane
        <select part="lane" @change=${({ target }: Event) => onChoose(Number((target as HTMLSelectElement).value))}>
          ${lanes.map((one) => html`<option value=${one.index} .selected=${one.index === chosen}>${one.index}: ${state(one)}</option>`)}
        </select>
      </label>
      <span class="muted">local ${lane.local.join(', ')} · global ${lane.global.join(', ')}${
        lane.functions.length > 1 ? html` · in <code>${lane.functions.join(' → ')}</code>` : ''
      }</span>
    </div>
    <p class="muted" part="legend">▸ runs next, ‖ waits, ✓ has ended; a square alone comes later</p>
    <div class="map" part="figure map" .style=${`grid-template-columns: repeat(${Math.min(width, 16)}, 1rem)`} aria-hidden="true"
      @click=${({ target }: Event) => {
        const { lane: index } = (target as HTMLElement).dataset;
        if (index !== undefined) onChoose(Number(index));
      }}>
      ${lanes.map((one) => {
        const kind = one.state !== 'running' ? one.state : first.has(one.index) ? 'first' : 'later';
        return html`<span class="cell ${kind}${one.index === chosen ? ' chosen' : ''}" data-lane=${one.index}
          title=${`lane ${one.index} ${state(one)}`}>${{ done: '✓', waiting: '‖', first: '▸', later: '' }[kind]}</span>`;
      })}
    </div>
    <div class="box" part="variables" tabindex="0" role="group" aria-label=${`Variables of lane ${chosen}`}>
      <table>
        <caption class="hidden">Variables of lane ${chosen}</caption>
        <thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">value</th></tr></thead>
        <tbody>
          ${
            lane.variables.length === 0
              ? html`<tr><td colspan="3" class="muted">none</td></tr>`
              : lane.variables.toReversed().map(variableRow)
          }
        </tbody>
      </table>
    </div>
  `;
}

function variableRow({ name, kind, type, value }: Variable): TemplateResult {
  return html`<tr><th scope="row"><span class="muted">${kind === 'argument' ? 'arg' : kind}</span> ${name}</th><td>${type}</td>
    <td class="value">${valueText(value, type)}</td></tr>`;
}

export function valueText(value: VariableValue, type: string): string {
  if (typeof value === 'number') return numberText(value, type);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const numbers = value as readonly number[];
    const more = numbers.length > SHOWN ? `, … ${numbers.length - SHOWN} more` : '';
    return `${numbers
      .slice(0, SHOWN)
      .map((one) => numberText(one, type))
      .join(', ')}${more}`;
  }
  const members = Object.entries(value).map(([name, one]) => `${name} ${valueText(one, '')}`);
  return `{ ${members.join(', ')} }`;
}

/** Integers as they are; f32 in as many digits as tell it from its neighbours. */
function numberText(value: number, type: string): string {
  if (/u32|i32|vec\du|vec\di/.test(type) || Number.isInteger(value)) return String(value).replace(/^-/, '−');
  if (!Number.isFinite(value)) return formatValue(value);
  return String(Number(value.toPrecision(9)))
    .replace('e-', 'e−')
    .replace(/^-/, '−');
}

export const lanesStyles = css`
  .lanes-head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
    margin-bottom: 0.5rem;
  }
  .map {
    display: grid;
    gap: 2px;
    width: max-content;
    max-width: 100%;
    margin-bottom: 0.75rem;
    overflow: hidden;
  }
  .cell {
    width: 1rem;
    height: 1rem;
    border: 1px solid light-dark(#868e93, #6b757d);
    border-radius: 2px;
    color: var(--_muted);
    font: 0.625rem / 0.875rem var(--_mono);
    text-align: center;
    cursor: pointer;
  }
  .cell.first {
    background: var(--_accent);
    color: var(--_surface);
  }
  .cell.chosen {
    outline: 2px solid var(--_text);
    outline-offset: 0;
  }
  [part='variables'] {
    max-height: 24rem;
    overflow: auto;
  }
  .value {
    min-width: 10rem;
    white-space: normal;
    font-variant-numeric: tabular-nums;
  }
`;
