/** What a number was computed from: addends as a waterfall, the largest first, and operands that are no part of a sum. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { ExplainedAddend, ExplainedOperand } from '../../src/index';
import { formatValue } from '../shared/text';
import { zeroBarStyles } from '../shared/zero-bar-styles';
import { FIRST } from './first';
import { exact, operandText } from './words';

export interface Linked {
  readonly place: (operand: ExplainedOperand) => string;
  readonly onExplain: (operand: ExplainedOperand) => void;
}

/** A list whose end is hidden until it is asked for. */
export interface Long {
  readonly shown: number;
  readonly onMore: (shown: number) => void;
}

const MORE = 100;

export function addendList(
  addends: readonly ExplainedAddend[],
  { shown, onMore, ...linked }: Linked & Long,
): TemplateResult {
  const rows = addends.slice(0, shown);
  const ends = rows.map(({ running }) => running).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const share = (value: number) => (high > low ? (100 * (value - low)) / (high - low) : 0);
  const bar = ({ value, running }: ExplainedAddend) => {
    if (!Number.isFinite(running)) return nothing;
    const [from, to] = [share(running - value), share(running)];
    const place = `left: ${Math.min(from, to).toFixed(2)}%; width: ${Math.abs(to - from).toFixed(2)}%`;
    return html`<i class=${value < 0 ? 'less' : 'more'} .style=${place}></i>`;
  };
  return html`
    <div part="legend" class="columns muted" aria-hidden="true"><span>addend</span><span>running sum</span><span></span><span>of</span></div>
    <ol part="figure addends" class="rows" aria-label="Addends, the largest first" .style=${`--zero: ${share(0).toFixed(2)}%`}>
      ${rows.map(
        (addend) => html`<li part="addend" class="sum">
          <span class="value">${formatValue(addend.value)}</span>
          <span class="value muted"><span class="hidden">, running sum </span>${formatValue(addend.running)}</span>
          <span class="track" aria-hidden="true"><span class="zero"></span>${bar(addend)}</span>
          <span class="factors">${addend.times === undefined ? nothing : html`<span class="times">${exact(addend.times)} ·</span>`}
            ${addend.operands.map((operand, i) => html`<span class="factor">${i > 0 ? html`<span aria-label="times">·</span>` : nothing}${link(operand, linked)}</span> `)}</span>
        </li>`,
      )}
    </ol>
    ${moreButton(addends.length, shown, onMore, 'addends')}
  `;
}

export function operandList(
  operands: readonly ExplainedOperand[],
  { shown, onMore, ...linked }: Linked & Long,
): TemplateResult {
  return html`
    <ol part="figure operands" class="rows" aria-label="Operands, the largest first">
      ${operands
        .slice(0, shown)
        .map((operand) => html`<li class="operand"><code>${operand.port}</code> ${link(operand, linked)}</li>`)}
    </ol>
    ${moreButton(operands.length, shown, onMore, 'operands')}
  `;
}

function link(operand: ExplainedOperand, { place, onExplain }: Linked): TemplateResult {
  return html`<button part="operand" class=${operand.role} @click=${() => onExplain(operand)}><span
    class="name">${operand.tensor}</span> <span class="at">${place(operand)}</span> <b>${operandText(operand.value)}</b></button>`;
}

function moreButton(count: number, shown: number, onMore: (shown: number) => void, what: string) {
  if (count <= FIRST) return nothing;
  const next = Math.min(count, shown + MORE);
  return html`<p class="more-line">
    <span class="muted">${Math.min(shown, count)} of ${count} ${what}</span>
    ${next > shown ? html`<button part="more" @click=${() => onMore(next)}>Show ${next - shown} more</button>` : nothing}
    ${shown > FIRST ? html`<button part="fewer" @click=${() => onMore(FIRST)}>Show the largest ${FIRST}</button>` : nothing}
  </p>`;
}

export const operandStyles = css`
  ${zeroBarStyles}
  .rows {
    display: grid;
    gap: 0.15rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .sum,
  .columns {
    display: grid;
    grid-template-columns: 5.5rem 5.5rem minmax(4rem, 1fr) minmax(0, 3fr);
    gap: 0.15rem 0.75rem;
    align-items: center;
  }
  .columns > :nth-child(-n + 2) {
    text-align: right;
  }
  .value {
    font: 0.8125rem / 1.5 var(--_mono);
    font-variant-numeric: tabular-nums;
    text-align: right;
    white-space: nowrap;
  }
  .operand {
    display: flex;
    gap: 0.75rem;
    align-items: baseline;
  }
  .operand > code {
    flex: 0 0 auto;
    min-width: 5ch;
    color: var(--_muted);
  }
  .factors {
    min-width: 0;
    color: var(--_muted);
  }
  /* The dot stays beside what it multiplies. */
  .factor {
    display: inline-flex;
    align-items: baseline;
    max-width: 100%;
  }
  .times {
    font: 0.8125rem var(--_mono);
  }
  [part='operand'] {
    max-width: 100%;
    padding: 0.1em 0.35em;
    border-color: transparent;
    background: none;
    font-size: 0.8125rem;
    text-align: left;
  }
  [part='operand'] .name {
    color: var(--_accent);
    text-decoration: underline;
    text-underline-offset: 4px;
  }
  [part='operand']:hover {
    border-color: var(--_accent);
  }
  [part='operand'] .at {
    color: var(--_muted);
  }
  [part='operand'] b {
    font: 600 0.8125rem var(--_mono);
    white-space: nowrap;
    color: var(--_text);
  }
  .track .zero {
    inset-block: -0.15rem;
  }
  .more-line {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    margin-top: 0.75rem;
  }
  @container (max-width: 44rem) {
    .sum,
    .columns {
      grid-template-columns: 5.5rem 5.5rem minmax(2rem, 1fr);
    }
    .columns > :last-child {
      display: none;
    }
    .factors {
      grid-column: 1 / -1;
      padding-left: 0.75rem;
    }
    .sum + .sum {
      margin-top: 0.35rem;
    }
  }
`;
