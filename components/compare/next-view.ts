/** What either side expects next, token by token. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { formatPercent, formatShort } from '../shared/text';
import { NO_NUMBERS } from '../tokens/next-tokens';
import { type PairKind, sideNames } from './pair';
import type { ExpectedToken } from './read-next';

export interface NextView {
  readonly kind: PairKind;
  readonly tokens: readonly ExpectedToken[];
  readonly text: (id: number) => string;
}

export function nextView({ kind, tokens, text }: NextView): TemplateResult {
  const [left, right] = sideNames[kind];
  const bar = (probability: number) =>
    Number.isNaN(probability)
      ? nothing
      : html`<span class="share" aria-hidden="true"><i .style=${`--size: ${(100 * probability).toFixed(2)}%`}></i></span>`;
  const unknown = [left, right].filter((_, side) => Number.isNaN(tokens[0]?.probabilities[side] ?? Number.NaN));
  return html`${unknown.map((side) => html`<p>${side}: ${NO_NUMBERS}</p>`)}
  <table part="next" class="next" ?hidden=${tokens.length === 0}>
    <tr><th scope="col">token</th><th scope="col" colspan="2">${left}</th><th scope="col" colspan="2">${right}</th>
      <th scope="col">logit</th></tr>
    ${tokens.map(
      ({ id, probabilities: [p, q], logits: [a, b] }) => html`<tr>
        <th scope="row" title=${`token id ${id}`}>${text(id)}</th>
        <td>${bar(p)}</td><td>${formatPercent(p)}</td><td>${bar(q)}</td><td>${formatPercent(q)}</td>
        <td title=${`${formatShort(a)} and ${formatShort(b)}`}>${b - a > 0 ? '+' : ''}${formatShort(b - a)}</td>
      </tr>`,
    )}
  </table>
  <p class="muted"><span class="tag" title="Not held by the pass: a softmax of its logits">derived</span> probabilities</p>`;
}

export const nextStyles = css`
  .next {
    width: 100%;
    border-collapse: collapse;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .next th,
  .next td {
    padding: 0.05rem 0.25rem;
    text-align: right;
    font-weight: 400;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .next th:first-child {
    max-width: 8rem;
    overflow: hidden;
    text-align: left;
    text-overflow: ellipsis;
  }
  .next [scope='row'] {
    font-weight: 700;
  }
  .next [scope='col'] {
    color: var(--_muted);
    font-size: 0.75rem;
  }
  .next td:has(.share) {
    width: 22%;
  }
  .share {
    display: block;
    height: 0.5rem;
    border-radius: 2px;
    background: var(--_sunken);
  }
  .share i {
    display: block;
    width: var(--size);
    height: 100%;
    border-radius: 2px;
    background: var(--_accent);
  }
  @media (forced-colors: active) {
    .share {
      forced-color-adjust: none;
      background: none;
      outline: 1px solid GrayText;
    }
    .share i {
      background: CanvasText;
    }
  }
`;
