/** The first thing that a reader sees of a card: what was found, of what, how much of it, at what cost. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Recovery } from '../../src/index';
import { percent, shownFinding } from './card';
import { verdictView } from './verdict';

export interface Headline {
  readonly card: Recovery;
  readonly live: boolean;
}

export function headline({ card, live }: Headline): TemplateResult {
  const { verdict, unexplained, adapter, model, weightsHash } = card;
  const shown = shownFinding(card);
  const why = live
    ? 'Tested in this page, on the model that is loaded'
    : 'Written earlier, by fluoroscope recover or by another page';
  return html`<div part="headline">
    <div class="line">
      <span class="big">${verdictView(verdict)}</span>
      ${shown ? html`<span class="algorithm">${shown.name}</span>` : nothing}
      <span class="tag" part="origin" title=${why}>${live ? 'live' : 'recorded'}</span>
    </div>
    <p>${meaning(card)}</p>
    <dl>
      ${unexplained ? html`<div><dt>unexplained</dt> <dd>${percent(unexplained.value)} <span class="muted">of ${unexplained.of}</span></dd></div>` : nothing}
      <div><dt>cost</dt> <dd>${cost(card)}</dd></div>
      <div><dt>model</dt> <dd>${model} <span class="muted" title=${weightsHash}>${weightsHash.slice(0, 8)}, on ${adapter || 'an unnamed adapter'}</span></dd></div>
    </dl>
  </div>`;
}

function meaning(card: Recovery): string {
  const shown = shownFinding(card);
  switch (card.verdict) {
    case 'recovered':
      return `${shown?.title}: every test of it passed.${several(card)}`;
    case 'rejected':
      return `${shown?.title}: refuted by a test.`;
    default:
      return card.hypotheses.length === 0
        ? 'No hypothesis was tried.'
        : 'None of the hypotheses that were tried was shown to hold of this model; what it computes stays unknown.';
  }
}

/** More than one may hold: then the tests do not tell which. */
function several({ hypotheses, algorithm }: Recovery): string {
  const others = hypotheses.filter(({ name, verdict }) => verdict === 'recovered' && name !== algorithm);
  if (others.length === 0) return '';
  return ` So did every test of ${others.map(({ name }) => name).join(' and of ')}: these tests do not tell which it is.`;
}

function cost({ cost: { flops, trainingFlops, share, seconds } }: Recovery): TemplateResult {
  const against =
    share === null || trainingFlops === null
      ? 'training’s is not known'
      : `${share < 0.001 ? '< 0.1%' : percent(share)} of training’s ${flopsText(trainingFlops)}`;
  return html`${flopsText(flops)} <span class="muted">${against}; ${seconds.toFixed(seconds < 10 ? 1 : 0)} s</span>`;
}

/** `1.9 × 10¹² FLOPs`. */
function flopsText(flops: number): string {
  if (flops < 1000) return `${flops} FLOPs`;
  const [digits, exponent] = flops.toExponential(1).split('e+') as [string, string];
  const raised = Array.from(exponent, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return `${digits} × 10${raised} FLOPs`;
}

export const headlineStyles = css`
  .line {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.875rem;
    align-items: baseline;
  }
  .big {
    font-size: 1.375rem;
  }
  .algorithm {
    font: 1rem / 1.5 var(--_mono);
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 2rem;
    margin: 0.75rem 0 0;
  }
  dt {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  dd {
    margin: 0;
    font-size: 0.875rem;
  }
`;
