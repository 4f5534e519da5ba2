/** What is compared with what, and how to begin. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { describeIndex } from '../../src/viewer';
import { bothTokens } from '../shared/both-tokens';
import { formatValue } from '../shared/text';
import { type Align, sideNames } from './pair';
import type { Compared } from './read-compared';

export interface FormView {
  /** The other prompt as it is written in the field. */
  readonly text: string;
  /** The one that is compared; null where there is none. */
  readonly asked: string | null;
  /** Whether edits are made, so that they can be compared with in place of another prompt. */
  readonly edited: boolean;
  readonly onText: (text: string) => void;
  readonly onCompare: () => void;
  readonly onEdits: () => void;
}

export function formView({ text, asked, edited, onText, onCompare, onEdits }: FormView): TemplateResult {
  return html`<form part="form" @submit=${(event: Event) => {
    event.preventDefault();
    onCompare();
  }}>
    <label class="title" for="other">Another prompt to compare with</label>
    <p hidden>${asked}</p>
    <div class="row">
      <input id="other" part="prompt" spellcheck="false" autocapitalize="off" autocomplete="off" .value=${text}
        @input=${({ target }: Event) => onText((target as HTMLInputElement).value)} />
      <button part="compare">Compare</button>
      ${
        asked && edited
          ? html`<button type="button" part="edits" @click=${onEdits}>Compare without and with the edits</button>`
          : nothing
      }
    </div>
  </form>`;
}

/** How far both can be compared. */
export function pairingView(
  { kind, pairing, sameWeights }: Compared,
  onAlign: (align: Align) => void,
): TemplateResult | typeof nothing {
  const { lengths, count, first, second, align, left, right, sameTokens } = pairing;
  const [one, other] = sideNames[kind];
  const changed = left.flatMap((token, pos) => (token === right[pos] ? [] : [pos]));
  const weights = sameWeights ? nothing : html`They ran on other weights. `;
  if (sameTokens) {
    return sameWeights ? nothing : html`<p part="pairing" class="muted">${weights}</p>`;
  }
  const differing =
    changed.length === 0
      ? 'The tokens there are the same.'
      : `${changed.length === 1 ? 'One token differs' : `${changed.length} tokens differ`}, the first at pos ${changed[0]! + first}: ${bothTokens(left[changed[0]!]!, right[changed[0]!]!)}.`;
  if (lengths[0] === lengths[1]) return html`<p part="pairing" class="muted">${weights}${differing}</p>`;
  return html`<div part="pairing" class="muted pairing">
    <span>${weights}${one[0]!.toUpperCase()}${one.slice(1)} has ${lengths[0]} tokens, ${other} ${lengths[1]}: ${count} of them are compared, pos ${first} to ${first + count - 1}
      with pos ${second} to ${second + count - 1}. ${differing}</span>
    <label>Paired
      <select part="align" @change=${({ target }: Event) => onAlign((target as HTMLSelectElement).value as Align)}>
        <option value="start" .selected=${align === 'start'}>from the first tokens on</option>
        <option value="end" .selected=${align === 'end'}>from the last tokens back</option>
      </select>
    </label>
  </div>`;
}

/** Where they part. */
export function verdictView({ kind, tensors }: Compared): TemplateResult {
  const [left, right] = sideNames[kind];
  const differing = tensors.filter(({ count }) => count > 0);
  const [first] = differing;
  const compared = `${tensors.length} ${tensors.length === 1 ? 'tensor' : 'tensors'}`;
  if (!first?.first) return html`<p part="verdict">All ${compared} are equal to the bit.</p>`;
  const [a, b] = first.first.values;
  return html`<p part="verdict">They part at step <b>${first.step}</b>, <b>${first.kernel}</b>, which writes
    <span class="name">${first.tensor}</span>: at ${describeIndex(first.first.at)} it is <b>${formatValue(a)}</b> <span class="muted">${left}</span>
    and <b>${formatValue(b)}</b> <span class="muted">${right}</span>. ${differing.length} of ${compared} differ.</p>`;
}

export const formStyles = css`
  form {
    margin-bottom: 0.75rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  .row input {
    flex: 1 1 12rem;
    min-width: 0;
    font: 0.9375rem / 1.5 var(--_mono);
  }
  .pairing {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    align-items: center;
  }
  [part='verdict'] {
    margin: 0.25rem 0 0.75rem;
  }
  @media print {
    .row,
    form:has(p:empty) {
      display: none;
    }
    form p {
      display: block;
    }
  }
`;
