/** One number, how it came about, and the choice of another one. It is fetched with the model that it takes. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { ExplainedOperand, Index, StepExplanation } from '../../src/index';
import { describeCancellation, largestFirst } from '../../src/viewer';
import { controlsStyles } from '../shared/controls-styles';
import { formatValue } from '../shared/text';
import { endView, factsView, formulaView, numberStyles, verdictView } from './number-view';
import { addendList, operandList, operandStyles } from './operands';
import type { Place } from './place';
import type { ExplainData } from './read-explanation';
import { trailStyles, trailView } from './trail';
import { exact, placeText } from './words';

export { explainTable } from './explain-table';
export { readExplanation } from './read-explanation';
export { fromRecord, recordCheck, toRecord } from './recorded';
export { placeText };

export interface ExplanationView {
  readonly data: ExplainData;
  readonly trail: readonly Place[];
  readonly stale: boolean;
  readonly shownAddends: number;
  readonly shownOperands: number;
  readonly place: (place: Place) => string;
  readonly onTensor: (tensor: string) => void;
  readonly onIndex: (tensor: string, index: Index, axis: string, input: HTMLInputElement) => void;
  /** Back along the trail. */
  readonly onFollow: (trail: readonly Place[]) => void;
  readonly onExplain: (from: Place, to: Place) => void;
  readonly onAddends: (shown: number) => void;
  readonly onOperands: (shown: number) => void;
}

export function explanationView(view: ExplanationView): TemplateResult {
  const { data, trail, place, onFollow } = view;
  const { explanation, problem } = data;
  return html`
    ${choice(view)}
    <div role="status">${problem ? html`<p part="error" class="problem" id="problem">${problem}</p>` : nothing}</div>
    <div class=${view.stale ? 'stale' : ''}>
      ${trailView({
        places: trail,
        text: place,
        onChoose: (step) => onFollow(trail.slice(0, step + 1)),
      })}
      ${
        explanation
          ? html`
              <h3 part="number" tabindex="-1"><strong>${exact(explanation.value)}</strong>
                <span class="name">${explanation.tensor}</span>
                <span class="muted">${place(explanation)}</span></h3>
              ${factsView(explanation)}
              ${explanation.kind === 'step' ? step(view, explanation) : endView(explanation)}
            `
          : nothing
      }
    </div>
  `;
}

function choice({ data, stale, onTensor, onIndex }: ExplanationView): TemplateResult {
  const { asked, explanation, layout, names, problem } = data;
  const { axes = [], shape = [] } = layout ?? {};
  const invalid = problem ? 'true' : 'false';
  const index = explanation?.index ?? asked.index;
  return html`<div class="controls" part="choice">
    <label class="tensor">Tensor
      <input part="tensor" list="names" spellcheck="false" autocapitalize="off" autocomplete="off"
        aria-invalid=${problem && !layout ? 'true' : 'false'} aria-describedby="problem"
        .value=${asked.tensor} @change=${({ target }: Event) => onTensor((target as HTMLInputElement).value)} />
    </label>
    <datalist id="names">${names.map((name) => html`<option value=${name}></option>`)}</datalist>
    ${axes.map((axis, i) =>
      shape[i] === 1
        ? nothing
        : html`<label>${axis}
            <input part="index" type="number" min="0" max=${shape[i]! - 1} step="1"
              aria-invalid=${layout ? invalid : 'false'} aria-describedby="problem"
              .value=${String(index[axis] ?? '')}
              @change=${({ target }: Event) => onIndex(asked.tensor, index, axis, target as HTMLInputElement)} />
          </label>`,
    )}
    <span class="muted" role="status">${stale ? 'working…' : ''}</span>
  </div>`;
}

function step(view: ExplanationView, explanation: StepExplanation): TemplateResult {
  const { place, onExplain, shownAddends, shownOperands, onAddends, onOperands } = view;
  const { addends, operands } = explanation;
  const summed = new Set(addends?.flatMap((addend) => addend.operands));
  const others = largestFirst(operands.filter((operand) => !summed.has(operand)));
  const linked = {
    place,
    onExplain: (operand: ExplainedOperand) => onExplain(explanation, operand),
  };
  const unusual = operands.filter(({ value }) => !Number.isFinite(value)).length;
  return html`
    ${formulaView(explanation)} ${verdictView(explanation)}
    ${unusual > 0 ? html`<p class="problem">${unusual} of its ${operands.length} operands ${unusual === 1 ? 'is' : 'are'} not finite.</p>` : nothing}
    ${
      addends
        ? html`
            <div class="title">${addends.length === 1 ? 'One addend' : `${addends.length} addends`}, the largest first</div>
            ${sumLine(explanation)}
            ${addendList(addends, { ...linked, shown: shownAddends, onMore: onAddends })}
          `
        : nothing
    }
    ${
      others.length > 0
        ? html`
            <div class="title">${addends ? 'Further operands' : 'Operands'}</div>
            ${operandList(others, { ...linked, shown: shownOperands, onMore: onOperands })}
          `
        : nothing
    }
  `;
}

function sumLine({ magnitude, cancellation, computed }: StepExplanation): TemplateResult {
  return html`<p part="sum">Σ|addend| = <b>${formatValue(magnitude!)}</b>, the sum is <b>${formatValue(computed)}</b>:
    ${describeCancellation(cancellation!)}.</p>`;
}

export const styles = css`
  ${controlsStyles}
  ${trailStyles}
  ${numberStyles}
  ${operandStyles}
  :host {
    container-type: inline-size;
  }
  input {
    min-width: 0;
    font: 0.875rem / 1.5 var(--_mono);
  }
  .tensor {
    flex: 0 1 24rem;
  }
  .tensor input {
    flex: 1;
  }
  input[type='number'] {
    width: 5rem;
  }
  input[aria-invalid='true'] {
    border-color: var(--_danger);
  }
  [part='error'] {
    margin-bottom: 0.75rem;
  }
  [part='number'] {
    margin: 0;
    font-size: 0.9375rem;
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  [part='number'] strong {
    display: block;
    font: 600 1.5rem / 1.3 var(--_mono);
  }
  .title {
    margin: 1rem 0 0.35rem;
    font-weight: 600;
  }
  [part='sum'] {
    margin-bottom: 0.5rem;
    font-size: 0.875rem;
  }
`;
