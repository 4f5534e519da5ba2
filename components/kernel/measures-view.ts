import { html, nothing, type TemplateResult } from 'lit';
import type { ElementError, OutputAccuracy, Profile } from '../../src/index';
import { describeIndex } from '../../src/viewer';
import { formatValue } from '../shared/text';
import { counted } from './facts-view';
import type { Measure } from './measure';

export function timingView(timing: Measure<Profile>, onMeasure: () => void): TemplateResult {
  return measureView('timing', 'Time this step', timing, onMeasure, (profile) => {
    const { source, quantumMs, overheadMs, rounds, adapter, steps } = profile;
    const { variant, medianMs, leastMs, flops, bytesRead, bytesWritten } = steps[0]!;
    const rate = (amount: number) => (medianMs > 0 ? formatValue(amount / medianMs / 1e6) : '–');
    const clock =
      source === 'timestamp-query'
        ? "the GPU's own clock, around the step's pass"
        : "this page's clock, from submitting the step until the GPU has done it";
    return html`<p>Median <b>${milliseconds(medianMs)}</b>, least <b>${milliseconds(leastMs)}</b> of ${counted(rounds, 'round')}
        of its shader ${variant} on ${adapter}: ${rate(flops)} GFLOP/s, ${rate(bytesRead + bytesWritten)} GB/s.</p>
      <p class="muted">By ${clock} (${source}); it moves in steps of ${quantumMs === 0 ? 'an unknown size' : milliseconds(quantumMs)}.
        An empty pass takes ${milliseconds(overheadMs)}, which is not subtracted.</p>`;
  });
}

export function accuracyView(accuracy: Measure<OutputAccuracy[]>, onMeasure: () => void): TemplateResult {
  return measureView('accuracy', 'Check against float64', accuracy, onMeasure, (outputs) => {
    return outputs.map(({ tensor, elements, exact, largest, worst, ok }) => {
      const same = describeIndex(largest.at) === describeIndex(worst.at);
      return html`<p class=${ok ? '' : 'problem'}><span class="name">${tensor}</span>:
          ${ok ? 'within the bound' : 'beyond the bound'}; ${exact.toLocaleString('en')} of
          ${counted(elements, 'value')} are float64's, rounded.</p>
        <ul>
          <li>Largest error ${errorText(largest)}</li>
          ${same ? nothing : html`<li>Largest beside its bound ${errorText(worst)}</li>`}
        </ul>`;
    });
  });
}

function errorText({ at, value, expected, error, ulps, bound, ratio }: ElementError): TemplateResult {
  return html`<b>${formatValue(error)}</b> at ${describeIndex(at)}: ${formatValue(value)} for ${formatValue(expected)};
    ${formatValue(ulps)} ULP, ${formatValue(ratio)} of the bound ${formatValue(bound)}.`;
}

function measureView<Result>(
  part: string,
  label: string,
  { busy, result, problem }: Measure<Result>,
  onMeasure: () => void,
  draw: (result: Result) => unknown,
): TemplateResult {
  return html`<div class="measure" part=${part}>
    <button aria-disabled=${busy ? 'true' : 'false'} @click=${() => !busy && onMeasure()}>${label}</button>
    <div role="status">${
      busy
        ? html`<p class="muted">working…</p>`
        : problem
          ? html`<p class="problem">${problem}</p>`
          : result
            ? draw(result)
            : nothing
    }</div>
  </div>`;
}

function milliseconds(ms: number): string {
  return ms >= 0.001 || ms === 0 ? `${formatValue(ms)} ms` : `${formatValue(ms * 1e6)} ns`;
}
