/** The spectra of what goes in and what comes out, and what the model does with one frequency alone, and without it. */
import { css, html, type TemplateResult } from 'lit';
import type { FrequencyRow, Harmonics, Variant } from '../../src/index';
import { formatShort, formatValue } from '../shared/text';
import { percent, type Spectrum, type Waves } from './card';

export function wavesView({ keys, spectra, gini, rows, harmonics, variant }: Waves): TemplateResult {
  return html`
    <section role="group" aria-label="Spectra">
      <div class="title">Spectra</div>
      <p class="muted lead">How the power of the weights divides over the frequencies; the key ones bear their number.
        Gini coefficient of the embedding’s: <b>${gini.toFixed(3)}</b> (0: all alike; 1: all in one).</p>
      <div class="columns">${spectra.map((one) => spectrumChart(one, keys))}</div>
    </section>
    ${rows.length === 0 ? '' : frequencyTable(rows)}
    ${harmonics ? harmonicsView(harmonics) : ''}
    ${variant ? variantView(variant) : ''}
  `;
}

function harmonicsView({ frequencies, embeddingShare, keysOnly, logits }: Harmonics): TemplateResult {
  const { loss, accuracy } = keysOnly.all!;
  return html`<section part="harmonics">
    <div class="title">Second harmonics</div>
    <p>The embedding holds waves of twice the key frequencies too (${frequencies.join(', ')}): ${percent(embeddingShare)} of its
      power. Without them the loss is <b>${formatValue(loss)}</b> nats, the accuracy <b>${percent(accuracy)}</b>.</p>
    <p class="muted lead">They are no part of the sum. A neuron that squares a wave of one operand, as its ReLU does in part,
      makes a wave of twice the frequency, and these work against it: in the logits such waves have a root mean square of
      ${formatShort(logits.whole)} with them and of ${formatShort(logits.keysOnly)} without.</p>
  </section>`;
}

function variantView({ distanceIrrelevance, gradientSymmetricity }: Variant): TemplateResult {
  const symmetricity =
    gradientSymmetricity === null
      ? ''
      : html`, gradient symmetricity <b>${gradientSymmetricity.toFixed(3)}</b> <span class="muted">(0.33, 0.99)</span>`;
  return html`<section part="variant">
    <div class="title">Clock or pizza</div>
    <p>Distance irrelevance <b>${distanceIrrelevance.toFixed(3)}</b> <span class="muted">(a clock 0.85, a pizza 0.17)</span>${symmetricity}.</p>
    <p class="muted lead">A clock multiplies the operands’ waves; a pizza adds them and takes absolute values, and its logits fade
      where the operands lie apart. In brackets those of the models in Zhong et al. 2023, arXiv:2306.17844. There are models in
      between, so this describes and does not test.</p>
  </section>`;
}

function spectrumChart({ name, about, shares }: Spectrum, keys: readonly number[]): TemplateResult {
  const most = Math.max(...shares);
  const atKeys = keys.reduce((sum, k) => sum + (shares[k - 1] ?? 0), 0);
  const said = keys.map((k) => `${k}: ${percent(shares[k - 1] ?? 0)}`).join(', ');
  return html`<figure part="figure spectrum">
    <figcaption><b>${name}</b>: ${percent(atKeys)} at the key frequencies
      <div class="muted">${about}</div></figcaption>
    <div class="chart" role="img" aria-label=${`${name}: share of the power by frequency. Key frequencies ${said}; all others ${percent(1 - atKeys)}`}>
      <span class="axis top">${percent(most)}</span>
      <div class="bars">${shares.map((share, i) => {
        const key = keys.includes(i + 1);
        return html`<i class=${key ? 'key' : ''} .style=${`height: ${((100 * share) / most).toFixed(2)}%`}
          title=${`frequency ${i + 1}: ${percent(share)}`}>${key ? html`<span>${i + 1}</span>` : ''}</i>`;
      })}</div>
      <span class="axis left">1</span><span class="axis right">frequency ${shares.length}</span>
    </div>
  </figure>`;
}

function frequencyTable(rows: readonly FrequencyRow[]): TemplateResult {
  const shown = Object.keys(rows[0]!.restricted);
  return html`<section>
    <div class="title">Each frequency, alone and removed</div>
    <p class="muted lead">Losses in nats, of passes whose neurons and attention output were edited. <em>Restricted</em>: only this
      frequency of the sum varies, all else is at its mean. <em>Excluded</em>: this frequency alone is at its mean. <em>Angle</em>: the share of the logits’ change
      that is the program’s when only this frequency’s angle is another pair’s.</p>
    <div class="scroll" part="frequencies" tabindex="0" role="group" aria-label="Each frequency">
      <table>
        <thead>
          <tr><th scope="col">frequency</th><th scope="col">amplitude <small>logits</small></th><th scope="col">neurons</th>
            <th scope="col">of the embedding</th><th scope="col">angle</th>
            ${shown.map((set) => html`<th scope="col">restricted <small>${set}</small></th>`)}
            ${shown.map((set) => html`<th scope="col">excluded <small>${set}</small></th>`)}</tr>
        </thead>
        <tbody>${rows.map(
          ({ frequency, amplitude, neurons, embeddingShare, interchange, restricted, excluded }) => html`<tr>
            <th scope="row">${frequency ?? 'all of them'}</th>
            <td>${amplitude === null ? '' : formatShort(amplitude)}</td>
            <td>${neurons}</td>
            <td>${percent(embeddingShare)}</td>
            <td>${interchange === null ? '' : percent(interchange)}</td>
            ${shown.map((set) => html`<td title=${`accuracy ${percent(restricted[set]!.accuracy)}`}>${formatValue(restricted[set]!.loss)}</td>`)}
            ${shown.map((set) => html`<td title=${`accuracy ${percent(excluded[set]!.accuracy)}`}>${formatValue(excluded[set]!.loss)}</td>`)}
          </tr>`,
        )}</tbody>
      </table>
    </div>
  </section>`;
}

export const wavesStyles = css`
  figure {
    margin: 0;
  }
  figcaption {
    margin-bottom: 1.75rem;
  }
  figcaption b {
    font: inherit;
    font-weight: 600;
  }
  .chart {
    position: relative;
    padding: 0 0 1.25rem;
  }
  .bars {
    display: flex;
    gap: 1px;
    align-items: end;
    height: 7.5rem;
    border-bottom: 1px solid var(--_muted);
  }
  .bars i {
    position: relative;
    flex: 1;
    min-width: 1px;
    min-height: 1px;
    background: color-mix(in srgb, var(--_muted) 65%, transparent);
  }
  .bars i.key {
    background: var(--_accent);
  }
  .bars span {
    position: absolute;
    bottom: 100%;
    left: 50%;
    translate: -50%;
    color: var(--_text);
    font: 600 0.75rem / 1.3 var(--_mono);
  }
  .axis {
    position: absolute;
    color: var(--_muted);
    font: 0.6875rem / 1.5 var(--_mono);
  }
  .axis.top {
    top: -1.1rem;
    left: 0;
  }
  .axis.left {
    bottom: 0;
    left: 0;
  }
  .axis.right {
    right: 0;
    bottom: 0;
  }
  @media (forced-colors: active) {
    .bars i {
      background: GrayText;
    }
    .bars i.key {
      background: CanvasText;
    }
    .bars {
      forced-color-adjust: none;
    }
  }
`;
