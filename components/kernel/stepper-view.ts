import { css, html, nothing, type TemplateResult } from 'lit';
import type { ComparedStore, Index, StepKernel, Store } from '../../src/index';
import { describeIndex } from '../../src/viewer';
import { formatValue } from '../shared/text';
import { counted } from './facts-view';
import { lanesView, valueText } from './lanes-view';
import type { Action, Stepping } from './stepping';

/** Stores and comparisons that are listed; the rest is counted. */
const LISTED = 8;

const LABELS: readonly (readonly [Action, string, string])[] = [
  ['step', 'Step', 'The lanes that come first run one statement, into functions'],
  ['over', 'Over', 'As Step, past the functions that the statement calls'],
  ['barrier', 'To barrier', 'Until all lanes wait for each other'],
  ['continue', 'Continue', 'To the next breakpoint or the end'],
  ['finish', 'Finish', 'To the end'],
];

export interface StepperOptions {
  readonly kernel: StepKernel;
  readonly stepping: Stepping;
  readonly workgroup: readonly [number, number, number];
  readonly indexOf: (port: string, offset: number) => Index;
  readonly onWorkgroup: (axis: number, value: number) => void;
  readonly onLoad: () => void;
  readonly onLane: (lane: number) => void;
}

/** The controls of the stepper, and what its lanes hold. */
export function stepperView(options: StepperOptions): TemplateResult {
  const { kernel, stepping, workgroup, onWorkgroup, onLoad } = options;
  const { stepper, loading } = stepping;
  return html`
    <form class="choose" part="workgroup" @submit=${(event: Event) => {
      event.preventDefault();
      if (!loading) onLoad();
    }}>
      ${
        kernel.dispatch.every((count) => count === 1)
          ? html`<span>The only workgroup</span>`
          : html`<span id="which">Workgroup</span>
              ${kernel.dispatch.map((count, axis) => {
                if (count === 1) return nothing;
                return html`<label>${'xyz'[axis]} <input type="number" min="0" max=${count - 1} step="1" required
                  .value=${String(workgroup[axis])} aria-describedby="which"
                  @change=${({ target }: Event) => onWorkgroup(axis, (target as HTMLInputElement).valueAsNumber || 0)} /></label>`;
              })}
              <span class="muted">of ${kernel.dispatch.join(' × ')}</span>`
      }
      <button part="load">${stepper ? 'Load again' : 'Load into the stepper'}</button>
    </form>
    <p part="status" role="status" class=${stepping.problem ? 'problem' : ''}>${statusText(stepping)}</p>
    ${stepper ? controls(stepping) : nothing}
    ${stepper ? state(options) : nothing}
    ${limits()}
  `;
}

function controls(stepping: Stepping): TemplateResult {
  const idle = !stepping.running && !stepping.stepper!.done && !stepping.problem && stepping.stop?.reason !== 'fault';
  return html`<div class="controls" part="controls" role="group" aria-label="Stepping">
    ${LABELS.map(([action, label, title]) => {
      return html`<button data-action=${action} title=${title} aria-disabled=${idle ? 'false' : 'true'}
        @click=${() => idle && stepping.act(action)}>${label}</button>`;
    })}
    ${
      stepping.running
        ? html`<button data-action="pause" @click=${() => stepping.pause()}>Pause</button>`
        : html`<button data-action="reset" title="Back to the first statement" @click=${() => stepping.reset()}>Reset</button>`
    }
  </div>`;
}

function statusText({ stepper, stop, running, loading, problem }: Stepping): string {
  if (problem) return problem;
  if (loading) return 'Reading the operands…';
  if (!stepper || !stop) return 'Nothing is loaded: breakpoints can be set already.';
  const run = `${counted(stepper.statements, 'statement')} so far`;
  if (running) return `Running: ${run}.`;
  if (stop.reason === 'fault') return `The lanes cannot go on together. ${stepper.faults.at(-1)?.text ?? ''}`;
  if (stop.reason === 'end') return `All lanes have ended: ${run}, ${counted(stepper.barriers, 'barrier')}.`;
  if (stop.lanes.length === 0) return `All lanes wait at the barrier on line ${stop.line}: ${run}.`;
  const why = { breakpoint: 'Breakpoint. ', budget: 'Paused. ', step: '', barrier: '' }[stop.reason];
  return `${why}Line ${stop.line} comes next, for ${lanesText(stop.lanes, stepper.lanes.length)}: ${run}.`;
}

function lanesText(lanes: readonly number[], all: number): string {
  if (lanes.length === all) return `all ${all} lanes`;
  if (lanes.length === 1) return `lane ${lanes[0]}`;
  return `${lanes.length} of ${all} lanes, ${lanes[0]} the first`;
}

function state({ stepping, onLane, indexOf }: StepperOptions): TemplateResult {
  const stepper = stepping.stepper!;
  const memory = stepper.workgroupMemory;
  const reports = [...stepper.faults, ...stepper.races];
  return html`
    ${
      reports.length === 0
        ? nothing
        : html`<ul class="problem" part="faults">${reports.map(({ text, count }) => {
            return html`<li>${text}${count > 1 ? ` ${count} times.` : ''}</li>`;
          })}</ul>`
    }
    ${lanesView({
      lanes: stepper.lanes,
      front: stepping.stop?.lanes ?? [],
      chosen: stepping.lane,
      width: stepper.reflection.workgroupSize[0],
      onChoose: onLane,
    })}
    ${
      memory.length === 0
        ? nothing
        : html`<div part="memory"><h4>Workgroup memory</h4>
            ${memory.map(({ name, type, value }) => html`<p class="value"><code>${name}: ${type}</code> = <code>${valueText(value, type)}</code></p>`)}
          </div>`
    }
    ${storesView(stepper.stores, indexOf)}
    ${comparisonView(stepping, indexOf)}
  `;
}

function storesView(stores: readonly Store[], indexOf: StepperOptions['indexOf']): TemplateResult {
  const listed = stores.slice(-LISTED).reverse();
  return html`<div part="stores"><h4>Stores <span class="muted">${stores.length.toLocaleString('en')} so far, the last ones first</span></h4>
    ${
      listed.length === 0
        ? nothing
        : html`<ul>${listed.map(({ lane, port, offset, value, line }) => {
            return html`<li>line ${line}, lane ${lane}: <code>${port}[${offset}] = ${formatValue(value)}</code>
              <span class="muted">${describeIndex(indexOf(port, offset))}</span></li>`;
          })}</ul>`
    }</div>`;
}

function comparisonView({ comparison }: Stepping, indexOf: StepperOptions['indexOf']): TemplateResult | typeof nothing {
  if (!comparison) return nothing;
  const { stores, identical, ok, worst } = comparison;
  const different = stores.filter(({ ulps }) => ulps > 0).sort((a, b) => b.ratio - a.ratio);
  return html`<div part="comparison" role="status"><h4>Beside what the GPU wrote</h4>
    <p class=${ok ? '' : 'problem'}>${identical.toLocaleString('en')} of ${counted(stores.length, 'stored value')} are the GPU's to the
      bit; ${!worst ? 'nothing was stored.' : ok ? 'no difference exceeds the bound.' : 'some differences exceed the bound.'}</p>
    ${different.length === 0 ? nothing : html`<ul>${different.slice(0, LISTED).map((one) => comparedRow(one, indexOf))}</ul>`}
    ${different.length > LISTED ? html`<p class="muted">and ${different.length - LISTED} smaller ones</p>` : nothing}</div>`;
}

function comparedRow(one: ComparedStore, indexOf: StepperOptions['indexOf']): TemplateResult {
  const { lane, port, offset, value, written, difference, ulps, bound, ratio, ok } = one;
  return html`<li class=${ok ? '' : 'problem'}><code>${port}[${offset}]</code> <span class="muted">${describeIndex(indexOf(port, offset))}</span>,
    lane ${lane}: ${formatValue(value)}, GPU ${formatValue(written)}; ${formatValue(difference)} apart, ${ulps} ULP,
    ${formatValue(ratio)} of the bound ${formatValue(bound)}</li>`;
}

function limits(): TemplateResult {
  return html`<details part="limits"><summary>What this stepping is, and what it is not</summary>
    <p class="muted">An interpreter runs the shader on the bytes of this pass, on the CPU. Each operation is rounded to f32, constant
      expressions too; a GPU may fuse, reorder and flush, so that its values differ within the bound. The lanes that are
      furthest behind run first, one after another within a statement, in a fixed order, which a GPU does not promise: a race
      is reported, and its outcome here is one of several. What it cannot evaluate is refused with its line: f16, subgroups,
      textures, determinant, frexp, ldexp, modf, pack2x16float, quantizeToF16, refract, unpack2x16float, bool in arrays and structs, arrays
      without a type, and vectors of plain integers that become floats. An index outside its array reads the last element and writes nothing. Outputs start as zeros.</p></details>`;
}

export const stepperStyles = css`
  .choose,
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
    align-items: center;
    margin-bottom: 0.5rem;
  }
  .choose input {
    width: 5.5rem;
  }
  [part='status'] {
    min-height: 1.5em;
    margin-bottom: 0.5rem;
  }
  [part='memory'],
  [part='stores'],
  [part='comparison'],
  [part='limits'] {
    margin-top: 1rem;
  }
`;
