/** The tests of a hypothesis, and what became of every hypothesis that was tried. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Finding, TestResult, Verdict } from '../../src/index';
import { formatValue } from '../shared/text';
import { verdictView } from './verdict';

export function testTable(tests: readonly TestResult[]): TemplateResult {
  const passed = tests.filter((test) => outcomeOf(test) === 'pass').length;
  const left = tests.filter((test) => outcomeOf(test) === 'not measured').length;
  return html`<section>
    <div class="title">Tests <span class="muted">${passed} of ${tests.length} passed${left > 0 ? `, ${left} not measured` : ''}; one that fails refutes the claim</span></div>
    <div class="scroll" part="tests" tabindex="0" role="group" aria-label="Tests">
      <table>
        <thead><tr><th scope="col">result</th><th scope="col">kind</th><th scope="col">test</th><th scope="col">value</th>
          <th scope="col">wanted</th><th scope="col">control, which has to fail</th></tr></thead>
        <tbody>${tests.map(testRow)}</tbody>
      </table>
    </div>
  </section>`;
}

function testRow(test: TestResult): TemplateResult {
  const { kind, name, says, value, threshold, passes, unit, control, because } = test;
  const outcome = outcomeOf(test);
  return html`<tr class=${outcome.replace(' ', '-')}>
    <td>${mark(outcome)}</td>
    <td>${kind}</td>
    <th scope="row"><code>${name}</code> <div class="muted says">${says}</div></th>
    <td>${value === null ? html`<span class="muted">${because ?? 'none'}</span>` : html`${number(value)} <small>${unit}</small>`}</td>
    <td>${sign(passes)} ${number(threshold)}</td>
    <td>${control ? html`${number(control.value)} <span class="muted">≤ ${number(control.atMost)}</span> <div class="muted says">${control.says}</div>` : html`<span class="muted">none</span>`}</td>
  </tr>`;
}

type Outcome = 'pass' | 'fail' | 'not measured';

/** By the value: cards of earlier versions call what was not measured a failure. */
function outcomeOf({ value, pass }: TestResult): Outcome {
  if (value === null || pass === null) return 'not measured';
  return pass ? 'pass' : 'fail';
}

/**
 * Each hypothesis with what refuted it, or why it has nothing to say.
 *
 * @param model whose: a page may have several cards, and landmarks of one name are not told apart
 */
export function hypothesisList(hypotheses: readonly Finding[], model: string): TemplateResult {
  return html`<section role="group" aria-label=${`Hypotheses tried on ${model}`}>
    <div class="title">Hypotheses tried</div>
    <ul part="hypotheses">${hypotheses.map(
      ({ name, title, source, verdict, why, tests }) => html`<li>
        <div>${verdictView(verdict)} <code>${name}</code></div>
        <div>${title}. ${source ? html`<span class="muted">${source}</span>` : nothing}</div>
        ${refutations(tests)}
        ${why && verdict === 'unknown' ? html`<div class="muted">${tests.length === 0 ? 'Not tested' : 'Not shown'}: ${why}</div>` : nothing}
        ${verdict === 'rejected' ? unmeasuredView(tests) : nothing}
      </li>`,
    )}</ul>
  </section>`;
}

function refutations(tests: readonly TestResult[]): TemplateResult | typeof nothing {
  const failed = tests.filter((test) => outcomeOf(test) === 'fail');
  if (failed.length === 0) return nothing;
  return html`<div>Refuted by:</div>
    <ul class="refuted">${failed.map(
      ({ name, says, value, passes, threshold, control }) =>
        html`<li><code>${name}</code> is <b>${number(value)}</b>${
          control && !(control.value <= control.atMost)
            ? html`, and its control <b>${number(control.value)}</b>, wanted ≤ ${number(control.atMost)}`
            : html`, wanted ${sign(passes)} ${number(threshold)}`
        } <span class="muted">(${says})</span></li>`,
    )}</ul>`;
}

function unmeasuredView(tests: readonly TestResult[]): TemplateResult | typeof nothing {
  const left = tests.filter((test) => outcomeOf(test) === 'not measured');
  if (left.length === 0) return nothing;
  const reasons = [...new Set(left.flatMap(({ because }) => because ?? []))];
  return html`<div class="muted">Not measured${reasons.length > 0 ? `, because ${reasons.join('; ')}` : ''}:
    ${left.map(({ name }, i) => html`${i > 0 ? ', ' : ''}<code>${name}</code>`)}</div>`;
}

const OUTCOMES: Readonly<Record<Outcome, readonly [verdict: Verdict, mark: string]>> = {
  pass: ['recovered', '✓'],
  fail: ['rejected', '✗'],
  'not measured': ['unknown', '–'],
};

function mark(outcome: Outcome): TemplateResult {
  const [verdict, sign] = OUTCOMES[outcome];
  return html`<span class=${`verdict ${verdict}`}><span aria-hidden="true">${sign}</span> ${outcome}</span>`;
}

function sign(passes: TestResult['passes']): string {
  return passes === 'at least' ? '≥' : '≤';
}

/** NaN comes out of JSON as null. */
function number(value: number | null): string {
  return value === null || Number.isNaN(value) ? 'not measured' : formatValue(value);
}

export const testsStyles = css`
  [part='hypotheses'] {
    gap: 0.875rem;
  }
  .refuted {
    gap: 0.125rem;
    padding-left: 1.25rem;
    font-size: 0.875rem;
    list-style: disc;
  }
  .says {
    min-width: 14rem;
    max-width: 34rem;
    white-space: normal;
  }
`;
