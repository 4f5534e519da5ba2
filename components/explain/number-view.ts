/** One number: where it lies, who stored it, by which formula, and whether the arithmetic agrees. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Explanation, InputExplanation, StepExplanation, WeightExplanation } from '../../src/index';
import { visibleToken } from '../shared/text';
import { exact, small } from './words';

export function factsView(explanation: Explanation): TemplateResult {
  const { buffer, bits, kind } = explanation;
  return html`<dl part="facts">
    <div><dt>buffer</dt><dd><span class="name">${buffer.label}</span>, byte ${buffer.byteOffset}</dd></div>
    <div><dt>bits</dt><dd>${bitsView(bits, kind === 'token')}</dd></div>
    ${kind === 'step' ? stepFacts(explanation) : kind === 'weight' ? weightFacts(explanation) : inputFacts(explanation)}
  </dl>`;
}

function bitsView(bits: number, whole: boolean): TemplateResult {
  const hex = html`<code>0x${bits.toString(16).padStart(8, '0')}</code>`;
  if (whole) return html`${hex} <span class="muted">u32</span>`;
  const digits = bits.toString(2).padStart(32, '0');
  const fields = [digits.slice(0, 1), digits.slice(1, 9), digits.slice(9)];
  const title = 'sign, exponent (+127), fraction of the f32';
  return html`${hex} <code class="muted bits" title=${title}>${fields.map((field) => html`<span>${field}</span> `)}</code>`;
}

function stepFacts({
  step,
  derived,
  reused,
  kernel,
  variant,
  fusion,
  writer,
  entryPoint,
  about,
}: StepExplanation): TemplateResult {
  const why = 'Not held by the pass: the step runs when someone reads it';
  const invocation = writer
    ? html`invocation (${writer.local.join(', ')}) of workgroup (${writer.workgroup.join(', ')}), <code>${entryPoint}</code>`
    : reused
      ? html`an earlier pass, and taken over with its position`
      : html`which invocation, only the shader's text says`;
  return html`
    <div><dt>step</dt><dd>${step} ${derived ? html`<span class="tag" title=${why}>derived</span>` : nothing}
      <span class="muted">${about}</span></dd></div>
    <div><dt>kernel</dt><dd><code>${kernel}</code>, variant <code>${variant}</code>${fusion === undefined ? nothing : html`, within <code>${fusion}</code>`}</dd></div>
    <div><dt>stored by</dt><dd>${invocation}</dd></div>
  `;
}

function weightFacts({ stored }: WeightExplanation): TemplateResult {
  const { tensor, axes, offset, rows, shared } = stored;
  return html`
    <div><dt>weight</dt><dd>element ${offset} of <span class="name">${tensor}</span>, in memory [${axes.join(', ')}]</dd></div>
    ${rows ? html`<div><dt>part</dt><dd>rows ${rows[0]} to ${rows[1] - 1} of the vocabulary: the table is split</dd></div>` : nothing}
    ${shared ? html`<div><dt>tied</dt><dd>embedding and unembedding share this memory</dd></div>` : nothing}
  `;
}

function inputFacts({ kind, value, text }: InputExplanation): TemplateResult {
  const what =
    kind === 'token' ? html`token id ${value}, <b>${visibleToken(text ?? '')}</b>` : html`an operand of an edit`;
  return html`<div><dt>input</dt><dd>${what}</dd></div>`;
}

export function endView(explanation: Explanation): TemplateResult {
  const what = explanation.kind === 'weight' ? 'A weight, as training left it' : 'An input, as it was given';
  return html`<p part="end" class="muted">${what}: nothing computed it, and the explanation ends here.</p>`;
}

export function formulaView({ formula, port, tensor, operands }: StepExplanation): TemplateResult {
  const { symbolic, numbers, note } = formula;
  const ports = new Map([
    [port, tensor],
    ...operands.map((operand): [string, string] => [operand.port, operand.tensor]),
  ]);
  return html`<div part="formula" role="group" aria-label="Formula">
    <code>${minus(symbolic)}</code>
    <span class="muted">${[...ports].map(([name, of], i) => html`${i > 0 ? ', ' : ''}<code>${name}</code> is <span class="name">${of}</span>`)}</span>
    ${numbers.map((line) => html`<code class="numbers">${minus(line)}</code>`)}
    ${note ? html`<span class="note">${minus(note)}</span>` : nothing}
  </div>`;
}

const minus = (text: string) => text.replaceAll('-', '−');

/** Does the arithmetic that is shown give the number that is shown? */
export function verdictView({ value, computed, error, bound, ok }: StepExplanation): TemplateResult {
  const difference = html`they differ by <b>${small(error)}</b>, the bound is <b>${small(bound)}</b>`;
  const numbers = html`float64 on these operands gives <b>${exact(computed)}</b>, the buffer holds <b>${exact(value)}</b>`;
  if (ok) {
    return html`<p part="verdict" class="agrees"><span class="mark" aria-hidden="true">✓</span> It agrees: ${numbers}; ${difference}.</p>`;
  }
  const unordered = Number.isNaN(value) || Number.isNaN(computed);
  const why = unordered ? 'NaN lies within no bound' : 'It does not agree';
  return html`<p part="verdict" class="problem"><span class="mark" aria-hidden="true">✗</span> ${why}: ${numbers}; ${difference}.</p>`;
}

export const numberStyles = css`
  dl {
    display: grid;
    gap: 0.15rem 2rem;
    margin: 0.75rem 0;
    font-size: 0.875rem;
  }
  dl > div {
    display: grid;
    grid-template-columns: 5.5rem minmax(0, 1fr);
    gap: 0.75rem;
  }
  dt {
    color: var(--_muted);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .bits {
    overflow-wrap: anywhere;
  }
  [part='formula'] {
    display: grid;
    gap: 0.1rem;
    margin: 0.75rem 0;
    padding: 0.6rem 0.75rem;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }
  .numbers {
    padding-left: 1.5rem;
    color: var(--_muted);
    text-indent: -0.75rem;
  }
  .note {
    font-size: 0.875rem;
  }
  [part='verdict'] {
    margin: 0.75rem 0;
    padding-left: 0.75rem;
    border-left: 3px solid var(--_accent);
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  [part='verdict'].problem {
    border-color: var(--_danger);
  }
  [part='verdict'] b,
  dd b {
    font: 600 0.8125rem var(--_mono);
  }
  .mark {
    font-weight: 700;
  }
`;
